import type { Account, Guest } from "../lib/actor";
import { AppError } from "../lib/error";
import { roomTopic } from "../lib/topic";
import * as limit from "../limit/index";
import { limits } from "../protocol/limits";
import type { RoomImageFields, StoredAttachment, Upload } from "../protocol/upload";
import * as uploads from "../upload/index";
import { assertOpen } from "./life";
import { asPresent, idOf, notHere, personOf } from "./membership";
import * as store from "./store";
import type { RoomRow } from "./store";

const WINDOW = { windowSeconds: 600, code: "limit.uploads" } as const;
const perPerson = { max: 20, ...WINDOW };
/** A class has one address. */
const perAddress = { max: 100, ...WINDOW };

/**
 * A form by which somebody in a room uploads one image for it, of just this size and type. Its id then goes into what they say there, once.
 * @throws room.not_found for one who is not in it, room.closed, input.too_large, limit.uploads. Cost: 2 read units, 2 write units; 3 of a guest.
 */
export async function upload(
  actor: Account | Guest,
  { connection_id, room, filename, size, content_type }: RoomImageFields & { connection_id: string; room: string },
): Promise<Upload> {
  const [row] = await Promise.all([store.find(room), asPresent(roomTopic(room), connection_id)]);
  if (!row) throw notHere();
  assertOpen(row);
  const maxMb = limits.imageMaxBytes / 1024 / 1024;
  if (size > limits.imageMaxBytes) throw new AppError("input.too_large", `An image in a room may have at most ${maxMb} MB.`);
  await limit.take({ ...perPerson, key: `room-uploads#${personOf(actor)}` });
  if (actor.kind === "guest") await limit.take({ ...perAddress, key: `room-uploads-of#${actor.address}` });
  return uploads.createForRoom(idOf(actor), { room, filename, size, content_type });
}

/** Takes images for what somebody says in a room. For its errors and its cost see `upload.claimForRoom`; nothing without images. */
export async function claimImages(
  { room, ttl_ms }: RoomRow,
  ids: readonly string[],
  { guest_id, nonce }: { guest_id: string; nonce: string },
): Promise<StoredAttachment[]> {
  if (ids.length === 0) return [];
  return uploads.claimForRoom(guest_id, ids, { room, usedBy: `${roomTopic(room)}#${nonce}`, until: Date.now() + ttl_ms });
}
