import { routes } from "@agora/core/protocol/routes";
import type { RouteName } from "@agora/core/protocol/signatures";
import type { Stage } from "./cast";
import { rows } from "./rows";

/** Path parameters by name. */
export type Ids = Record<string, string>;

/** Of what there is not. */
export const absent = { server_id: "srv_0000000000000000", channel_id: "chn_000000000000000000000000", dm_id: "dm_0000000000000000" };

interface Differently {
  ids?: Ids | undefined;
  body?: object | undefined;
  more?: (typeof rows)[RouteName]["ids"];
}

/** Calls a route as its row says, or differently in some of it. */
export async function callWith(
  token: string | undefined,
  stage: Stage,
  name: RouteName,
  { ids, body, more = rows[name].ids }: Differently = {},
) {
  const { method, path } = routes[name];
  const { query, body: make } = rows[name];
  const { cast } = stage;
  const all: Ids = {
    code: cast.openCode,
    server_id: stage.serverId,
    channel_id: stage.channelId,
    dm_id: cast.dmId,
    ...(await more?.(stage)),
    ...ids,
  };
  const filled = path.replace(/\{(\w+)\}/g, (_, key: string) => all[key] ?? `no-${key}`);
  return cast.stack.api(`${method} ${filled}${query ? `?${query}` : ""}`, { token, body: body ?? make?.(stage) });
}
