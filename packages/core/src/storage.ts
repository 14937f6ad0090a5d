/**
 * What is in the bucket: pure data, read by `packages/infra` (which makes it on AWS) and by `packages/local` (which keeps it on one machine).
 * | key              | what                                                                   | who gets it                                |
 * |------------------|------------------------------------------------------------------------|--------------------------------------------|
 * | pending/upl_…    | what somebody has uploaded, as it came; nobody has looked at it        | nobody                                     |
 * | files/upl_…      | an attachment, looked at, with the headers that it is to be sent with  | who has a signed link that has not expired |
 * | images/upl_…     | an avatar or an icon, the same                                         | who knows its id                           |
 * | streams/top_…/…  | messages of a topic: one produce of many KB, or a segment of old ones  | nobody                                     |
 * | rooms/upl_…      | an image in a room's message, the same                                 | as of an attachment, for a minute          |
 */
export const uploads = {
  link: "Uploads",
  pending: "pending/",
  files: "files/",
  images: "images/",
  streams: "streams/",
  rooms: "rooms/",
  /** Objects under `pending/` that are older are deleted. */
  pendingDays: 1,
  /** Objects under `rooms/` that are older are deleted: no message of a room is there for so long. */
  roomsDays: 2,
} as const;
