const shared = globalThis as { [key: symbol]: unknown };

/**
 * One value for the whole process. The bundles of one process share no modules, so what all of them must see is kept where all of them look.
 * It must be plain data, or called without regard to whose code it is: `instanceof` does not hold across bundles.
 */
export function inThisProcess<T>(name: string, make: () => T): T {
  const key = Symbol.for(`agora.${name}`);
  return (shared[key] ??= make()) as T;
}
