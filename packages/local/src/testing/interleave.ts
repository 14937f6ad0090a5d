import { DynamoDBClient, PutItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";

/**
 * Lets something happen between what somebody has read and what they write: `act` is held before the next transaction of this process that changes the
 * table, until `meanwhile` is done. Answers what `act` comes to.
 */
export function interleave<T>(table: string, act: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  const isHeld = (command: unknown) =>
    command instanceof TransactWriteItemsCommand &&
    (command.input.TransactItems ?? []).some((item) => [item.Put, item.Update, item.Delete].some((write) => write?.TableName === table));
  return holding(isHeld, act, meanwhile);
}

/** As `interleave`, before the next single put into the table of an item with this text in it. */
export function interleavePut<T>(table: string, text: string, act: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  const isHeld = (command: unknown) =>
    command instanceof PutItemCommand && command.input.TableName === table && JSON.stringify(command.input.Item).includes(text);
  return holding(isHeld, act, meanwhile);
}

async function holding<T>(isHeld: (command: unknown) => boolean, act: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  const { send } = DynamoDBClient.prototype;
  let letGo: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (letGo = resolve));
  const reached = new Promise<void>((resolve) => {
    const hold = async function (this: DynamoDBClient, ...call: unknown[]) {
      if (isHeld(call[0])) {
        DynamoDBClient.prototype.send = send; // it alone is held
        resolve();
        await released;
      }
      return (send as (this: DynamoDBClient, ...call: unknown[]) => Promise<unknown>).call(this, ...call);
    };
    DynamoDBClient.prototype.send = hold as typeof send;
  });
  try {
    const acting = act();
    await Promise.race([reached, acting]);
    await meanwhile();
    letGo();
    return await acting;
  } finally {
    letGo();
    DynamoDBClient.prototype.send = send;
  }
}
