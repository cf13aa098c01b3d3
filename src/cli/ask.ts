import { createInterface } from 'node:readline';

/** Whether a person is there to be asked. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.CI;

/** Asks a question that is answered by yes or no; Return means yes, unless it is `'no'`, and the end of the input no. */
export const confirm = (question: string, byReturn: 'yes' | 'no' = 'yes'): Promise<boolean> =>
  new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    lines.once('SIGINT', () => {
      lines.close();
      process.kill(process.pid, 'SIGINT');
    });
    lines.once('close', () => resolve(false));
    lines.question(`${question} ${byReturn === 'yes' ? '[Y/n]' : '[y/N]'} `, (answer) => {
      resolve(/^(y|yes)$/i.test(answer.trim() || byReturn));
      lines.close();
    });
  });
