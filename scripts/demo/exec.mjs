// Short commands of the demo. They end with it: one that goes on would write into the folder that is being removed.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const life = new AbortController();

/** Runs a command without a shell to its end; gives its `{ stdout, stderr }`. */
export const exec = (command, args, options) => promisify(execFile)(command, args, { ...options, signal: life.signal });

/** Ends those that run, and lets none begin. */
export const endCommands = () => life.abort();
