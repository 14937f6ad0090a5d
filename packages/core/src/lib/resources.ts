import { Resource } from "sst";
import type { TableName } from "../tables";

const TOKEN_SECRET_MIN = 32;

/** The one place that reads what is linked: on AWS SST provides it, on one machine `packages/local` does. */
export const resources = {
  table: (name: TableName): string => Resource[name].name,
  /** @throws Error if it is so short that it could be guessed: nothing may be signed with it. */
  get tokenSecret(): string {
    const { value } = Resource.TokenSecret;
    if (value.length < TOKEN_SECRET_MIN) throw new Error(`TokenSecret has fewer than ${TOKEN_SECRET_MIN} characters`);
    return value;
  },
  get socket(): { url: string; managementEndpoint: string } {
    return Resource.Socket;
  },
  /** The bucket; `url` is where a browser reaches it. */
  get uploads(): { name: string; url: string } {
    return Resource.Uploads;
  },
  /** Where people open the site. */
  get siteUrl(): string {
    return Resource.Router.url;
  },
};

/** Where the SDK clients find region and keys: Lambda and the local stack both put them into the environment. */
export const aws = {
  get region(): string {
    return process.env["AWS_REGION"] ?? "us-east-1";
  },
  /** Where the handlers themselves reach S3, if that is not Amazon's: the SDK's own variable. */
  get s3Endpoint(): string | undefined {
    return process.env["AWS_ENDPOINT_URL_S3"];
  },
  credentials: () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    return Promise.resolve({
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    });
  },
};
