import { createInterface } from 'node:readline';

/** Whether a person is there to be asked. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.CI;

/** Asks a question that is answered by yes or no; Return means yes, the end of the input no. */
export const confirm = (question: string): Promise<boolean> =>
  new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    lines.once('SIGINT', () => {
      lines.close();
      process.kill(process.pid, 'SIGINT');
    });
    lines.once('close', () => resolve(false));
    lines.question(`${question} [Y/n] `, (answer) => {
      resolve(/^\s*(y|yes)?\s*$/i.test(answer));
      lines.close();
    });
  });
