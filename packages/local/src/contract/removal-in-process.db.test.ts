import { describeRemoval } from "./removal";

describeRemoval("in-process");
