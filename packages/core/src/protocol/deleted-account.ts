/** What is shown in place of an account that was deleted. Nobody else is called so. */
export const DELETED_USERNAME = "deleted";
