/** Signs access tokens. There is no placeholder on purpose: without `sst secret set TokenSecret …` nothing is deployed. */
export const token = new sst.Secret("TokenSecret");
