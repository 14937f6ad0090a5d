import { describeMessages } from "./messages";

describeMessages("management");
