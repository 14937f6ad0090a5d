/** A listener that throws is a bug in the application: reported as uncaught, and no other listener suffers. */
export function run(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
