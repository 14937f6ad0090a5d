import { AsyncResource } from "node:async_hooks";
import { DynamoDBClient, PutItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";

/**
 * Lets something happen between what somebody has read and what they write: `act` is held before the next transaction of this process that changes the
 * table, until `meanwhile` is done. Answers what `act` comes to.
 */
export function interleave<T>(table: string, act: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  const isHeld = (command: unknown) =>
    command instanceof TransactWriteItemsCommand &&
    (command.input.TransactItems ?? []).some((item) => [item.Put, item.Update, item.Delete].some((write) => write?.TableName === table));
  return interleaveAt(isHeld, act, meanwhile);
}

/** As `interleave`, before the next single put into the table of an item with this text in it. */
export function interleavePut<T>(table: string, text: string, act: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  const isHeld = (command: unknown) =>
    command instanceof PutItemCommand && command.input.TableName === table && JSON.stringify(command.input.Item).includes(text);
  return interleaveAt(isHeld, act, meanwhile);
}

/** As `interleave`, before the next such command. @throws Error if there is none. */
export async function interleaveAt<T>(
  isHeld: (command: unknown) => boolean,
  act: () => Promise<T>,
  meanwhile: () => Promise<unknown>,
): Promise<T> {
  const { send } = DynamoDBClient.prototype;
  const state = { wasHeld: false };
  const byOthers = AsyncResource.bind(meanwhile); // it is not done by the handler whose command is held
  const hold = async function (this: DynamoDBClient, ...call: unknown[]) {
    if (!state.wasHeld && isHeld(call[0])) {
      state.wasHeld = true;
      DynamoDBClient.prototype.send = send; // it alone is held
      await byOthers();
    }
    return (send as (this: DynamoDBClient, ...call: unknown[]) => Promise<unknown>).call(this, ...call);
  };
  DynamoDBClient.prototype.send = hold as typeof send;
  try {
    const result = await act();
    if (!state.wasHeld) throw new Error("nothing was held");
    return result;
  } finally {
    if (!state.wasHeld) DynamoDBClient.prototype.send = send;
  }
}
