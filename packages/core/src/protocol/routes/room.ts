import { PageQuery } from "../primitives";
import { CloseRoomBody, CreateRoomBody, MovedRoom, MoveRoomBody, ReportRoomBody, RoomPreview, RoomReportPage } from "../room";
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
  reportRoom: route("POST /rooms/{room}/report", {
    summary: "Tell the operator of a room",
    who: "anyone",
    body: ReportRoomBody,
    status: [204],
    errors: ["room.not_found", "message.not_found", "limit.report"],
  }),
  moveRoom: route("POST /rooms/{room}/server", {
    summary: "Go on as a server: makes it, and tells everybody in the room an invite. For somebody who is in the room",
    who: "account",
    body: MoveRoomBody,
    returns: MovedRoom,
    status: [201],
    errors: ["room.not_found", "room.closed", "server.name_taken", "limit.invites"],
  }),
  listRoomReports: route("GET /rooms", {
    summary: "What was reported of rooms, newest first",
    who: "operator",
    query: PageQuery,
    returns: RoomReportPage,
    status: [200],
  }),
  closeRoom: route("PUT /rooms/{room}/closed", {
    summary: "Close a room for some hours, 30 days if none are said: everybody is put out, and what was said is shown to nobody",
    who: "operator",
    body: CloseRoomBody,
    status: [204],
    errors: ["room.not_found"],
  }),
  reopenRoom: route("DELETE /rooms/{room}/closed", {
    summary: "Open a closed room again",
    who: "operator",
    status: [204],
    errors: ["room.not_found"],
  }),
};
