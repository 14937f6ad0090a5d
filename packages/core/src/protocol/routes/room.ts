import { CreateRoomBody, RoomPreview } from "../room";
import { route } from "../route";

/** Anonymous rooms. One comes in, speaks and leaves by the socket. */
export const roomRoutes = {
  createRoom: route("POST /rooms/{room}", {
    summary: "Make a room, with a code or hours of its own. Without this a room is made by whoever comes in first",
    who: "anyone",
    body: CreateRoomBody,
    returns: RoomPreview,
    status: [201],
    errors: ["room.not_found", "room.exists", "room.closed", "limit.rooms"],
  }),
  previewRoom: route("GET /rooms/{room}", {
    summary: "What a room is before one comes in",
    who: "anyone",
    returns: RoomPreview,
    status: [200],
    errors: ["room.not_found"],
  }),
};
