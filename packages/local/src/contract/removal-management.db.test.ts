import { describeRemoval } from "./removal";

describeRemoval("management");
