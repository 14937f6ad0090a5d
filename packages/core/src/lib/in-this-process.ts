const shared = globalThis as { [key: symbol]: unknown };

/**
 * One value for the whole process. The bundles of one process share no modules, so what all of them must see is kept where all of them look.
 * The bundle that comes first makes it, and its code runs for all of them: `instanceof` does not hold across bundles (see `isAppError`).
 */
export function inThisProcess<T>(name: string, make: () => T): T {
  const key = Symbol.for(`agora.${name}`);
  return (shared[key] ??= make()) as T;
}

/** For `npm run dev`: the next who asks makes it anew, with the code of a bundle that was built again. */
export function makeAnewInThisProcess(name: string): void {
  Reflect.deleteProperty(shared, Symbol.for(`agora.${name}`));
}
