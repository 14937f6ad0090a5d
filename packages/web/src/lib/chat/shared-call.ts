/** Two that ask the same at the same time get one answer. */
export function sharedCall<I, O>(ask: (input: I) => Promise<O>, keyOf: (input: I) => string): (input: I) => Promise<O> {
  const underway = new Map<string, Promise<O>>();
  return (input) => {
    const key = keyOf(input);
    const answer = underway.get(key) ?? ask(input).finally(() => underway.delete(key));
    underway.set(key, answer);
    return answer;
  };
}
