import { randomInt } from "node:crypto";
import { friendlyName } from "../protocol/friendly-name";

/** As "swift otter 42". */
export const friendlyAlias = (): string => `${friendlyName((max) => randomInt(max))} ${randomInt(10, 100)}`;
