import { DynamoDBClient, TransactWriteItemsCommand, type TransactWriteItemsCommandInput } from "@aws-sdk/client-dynamodb";

/**
 * Lets something happen between what somebody has read and what they write: `act` is held before the next transaction of this process that puts an item
 * into the table, until `meanwhile` is done. Answers what `act` comes to.
 */
export async function interleave<T>(table: string, act: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  const { send } = DynamoDBClient.prototype;
  const isHeld = (input: TransactWriteItemsCommandInput) => input.TransactItems?.some(({ Put }) => Put?.TableName === table);
  let letGo: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (letGo = resolve));
  const reached = new Promise<void>((resolve) => {
    const holding = async function (this: DynamoDBClient, ...call: unknown[]) {
      const [command] = call;
      if (command instanceof TransactWriteItemsCommand && isHeld(command.input)) {
        DynamoDBClient.prototype.send = send; // it alone is held
        resolve();
        await released;
      }
      return (send as (this: DynamoDBClient, ...call: unknown[]) => Promise<unknown>).call(this, ...call);
    };
    DynamoDBClient.prototype.send = holding as typeof send;
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
