import { describeMessages } from "./messages";

describeMessages("in-process");
