import { Resource } from "sst";

/** The one place that reads what is linked. Lazily, as nothing is linked while the site is built. */
export const resources = {
  get apiUrl(): string {
    return Resource.Api.url.replace(/\/$/, "");
  },
};
