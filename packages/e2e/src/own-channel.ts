import { createRest, type Rest } from "@agora/sdk";
import { startOwnAgora, type OwnAgora } from "./server";
import { newUsername, PASSWORD } from "./steps";

/** An Agora with one account that has a server with one channel. No browser. */
export interface OwnChannel {
  agora: OwnAgora;
  rest: Rest;
  path: { server_id: string; channel_id: string };
}

export async function startOwnChannel(stem: string): Promise<OwnChannel> {
  const agora = await startOwnAgora();
  const username = newUsername(stem);
  const baseUrl = `${agora.url}/api`;
  const { token } = await createRest({ baseUrl }).register({ email: `${username}@example.org`, username, password: PASSWORD });
  const rest = createRest({ baseUrl, token });
  const server = await rest.createServer({ name: username });
  return { agora, rest, path: { server_id: server.id, channel_id: server.channels[0]?.id ?? "" } };
}
