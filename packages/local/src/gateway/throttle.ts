export interface ThrottleOptions {
  perSecond: number;
  burst: number;
}

/**
 * A token bucket, the shape in which API Gateway throttles. Returns a function that says whether one more may pass now.
 * @param now milliseconds; only differences count
 */
export function createThrottle({ perSecond, burst }: ThrottleOptions, now: () => number = Date.now): () => boolean {
  let tokens = burst;
  let filledAt = now();
  return () => {
    const time = now();
    tokens = Math.min(burst, tokens + ((time - filledAt) / 1000) * perSecond);
    filledAt = time;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
