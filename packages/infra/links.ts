/**
 * What a link carries: names and addresses for `Resource`, and no permission. SST's own links grant `dynamodb:*` and `s3:*`; here every
 * function lists its permissions itself (permissions.ts). Imported first, as it changes the classes that the other files use.
 */
sst.Linkable.wrap(sst.aws.Dynamo, (table) => ({ properties: { name: table.name } }));
sst.Linkable.wrap(sst.aws.Bucket, (bucket) => ({ properties: { name: bucket.name } }));
sst.Linkable.wrap(sst.aws.ApiGatewayWebSocket, (socket) => ({
  properties: { url: socket.url, managementEndpoint: socket.managementEndpoint },
}));
