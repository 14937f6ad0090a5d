import * as v from "valibot";

import { errorStatus } from "./error-status";
import type { ErrorCode } from "./error-status";

/** The body of every answer that is not a success. */
export const ErrorBody = v.strictObject({
  error: v.pipe(v.string(), v.description("A sentence for people.")),
  code: v.picklist(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
  request_id: v.string(),
  details: v.optional(v.pipe(v.record(v.string(), v.string()), v.description("With 400: the path of each problem, and the problem."))),
});
export type ErrorBody = v.InferOutput<typeof ErrorBody>;
