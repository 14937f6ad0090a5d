import { CreateUploadBody, Upload } from "../upload";
import { route } from "../route";

/** Files: how they come in, and where they are fetched. */
export const uploadRoutes = {
  createUpload: route("POST /uploads", {
    summary: "Get a form by which a file is uploaded. Its id then goes into a message, an avatar or a server's icon",
    who: "account",
    body: CreateUploadBody,
    returns: Upload,
    status: [201],
    errors: ["input.too_large", "limit.uploads", "upload.quota_full"],
  }),
  getImage: route("GET /files/{file_id}", {
    summary: "An avatar or an icon: leads to where it is kept",
    who: "anyone",
    status: [302],
    errors: ["upload.not_found"],
  }),
  getFile: route("GET /files/{file_id}/{key}", {
    summary: "A file in a message, by the link that the message gives: leads to where it is kept. The link is good for a day or two",
    who: "anyone",
    status: [302],
    errors: ["upload.not_found"],
  }),
};
