import { defaults } from "./defaults";
import { concurrency, throttle } from "./guardrails";
import { socketFiles, socketGrants } from "./grants";
import { linksTo, tablePermissions } from "./permissions";
import { router } from "./router";
import { token } from "./secrets";
import { bucket, filePermissions } from "./storage";

// As for tables: SST's own link would grant every action on connections.
sst.Linkable.wrap(sst.aws.ApiGatewayWebSocket, ({ url, managementEndpoint }) => ({ properties: { url, managementEndpoint } }));

export const socket = new sst.aws.ApiGatewayWebSocket("Socket", {
  accessLog: { retention: "1 week" },
  transform: { stage: { defaultRouteSettings: throttle.socket } },
});

/** Pushing a frame is a POST to a connection and closing it a DELETE. The `*` is the stage, of which this API has one, named `$default`. */
export const pushPermissions = {
  actions: ["execute-api:ManageConnections"],
  resources: ["POST", "DELETE"].map((method) => $interpolate`${socket.nodes.api.executionArn}/*/${method}/@connections/*`),
};

const handler = new sst.aws.Function("SocketHandler", {
  ...defaults,
  handler: "packages/functions/src/socket.handler",
  link: [...linksTo(socketGrants), token, socket, router, bucket],
  permissions: [...tablePermissions(socketGrants), ...filePermissions(socketFiles), pushPermissions],
  concurrency: concurrency("socket"),
});

for (const route of ["$connect", "$disconnect", "$default"]) socket.route(route, handler.arn);
