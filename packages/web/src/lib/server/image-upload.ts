import { limits } from "@agora/core/protocol/limits";
import { isImageType } from "@agora/core/protocol/image-type";
import type { RequestEvent } from "@sveltejs/kit";
import { authApi } from "./auth-api";
import { FormProblem } from "./form-action";

const MB = 1024 * 1024;

/** Uploads the image that a form has in the field `picture`. @returns the upload's id. @throws FormProblem, AgoraError */
export async function uploadPicture(event: RequestEvent, form: FormData, purpose: "avatar" | "icon"): Promise<string> {
  const file = form.get("picture");
  if (!(file instanceof File) || file.size === 0) throw new FormProblem({ picture: "Choose a picture first." });
  if (!isImageType(file.type)) throw new FormProblem({ picture: "This is no PNG, JPEG, GIF or WebP image." });
  if (file.size > limits.imageMaxBytes) throw new FormProblem({ picture: `This picture has more than ${limits.imageMaxBytes / MB} MB.` });
  const asked = { filename: file.name || "picture", size: file.size, content_type: file.type, purpose };
  const { id, upload } = await authApi(event).createUpload(asked);
  const body = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) body.set(name, value);
  body.set("file", file);
  const answer = await fetch(upload.url, { method: "POST", body });
  if (!answer.ok) throw new Error(`the form of an upload was answered with ${answer.status}`);
  return id;
}
