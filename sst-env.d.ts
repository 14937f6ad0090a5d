// Made from packages/infra by `npm run types -w packages/infra`. Do not edit.
import "sst";

declare module "sst" {
  export interface Resource {
    Api: {
      type: "sst.aws.ApiGatewayV2";
      url: string;
    };
    Channels: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Connections: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Conversations: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Invites: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Limits: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Members: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Messages: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Names: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    ReadStates: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Router: {
      type: "sst.aws.Router";
      url: string;
    };
    ServerPasswords: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Servers: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Sessions: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Socket: {
      managementEndpoint: string;
      type: "sst.aws.ApiGatewayWebSocket";
      url: string;
    };
    TokenSecret: {
      type: "sst.sst.Secret";
      value: string;
    };
    Topics: {
      name: string;
      type: "sst.aws.Dynamo";
    };
    Uploads: {
      name: string;
      type: "sst.aws.Bucket";
    };
    Users: {
      name: string;
      type: "sst.aws.Dynamo";
    };
  }
}
