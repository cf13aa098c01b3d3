/** What the options of compose itself say, which stand before its command. */
export interface ComposeOptions {
  readonly files: readonly string[];
  readonly project: Chosen | undefined;
  readonly directory: Chosen | undefined;
}

export interface Chosen {
  /** As it was written. */
  readonly option: string;
  readonly value: string;
}

/** Those of v1 and v2 that take a value; all others are switches. */
const withValue = new Set(
  [
    '-f',
    '--file',
    '-p',
    '--project-name',
    '--project-directory',
    '--profile',
    '--env-file',
    '--ansi',
    '--progress',
  ].concat(['--parallel', '-c', '--context', '-H', '--host', '--log-level', '--tlscacert', '--tlscert', '--tlskey']),
);

/** Reads a command line of compose as far as the name of its command. */
export const composeOptions = (args: readonly string[]): ComposeOptions => {
  const files: string[] = [];
  let [project, directory]: (Chosen | undefined)[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg?.startsWith('-') && arg !== '--'; arg = rest.shift()) {
    // `--file=x`, `-fx`, `-f=x`, `--file x`.
    const [, option = arg, attached] = /^(--[^=]+)=(.*)$/s.exec(arg) ?? /^(-[^-])=?(.+)$/s.exec(arg) ?? [];
    if (!withValue.has(option)) continue;
    const value = attached ?? rest.shift() ?? '';
    if (option === '-f' || option === '--file') files.push(value);
    if (option === '-p' || option === '--project-name') project = { option, value };
    if (option === '--project-directory') directory = { option, value };
  }
  return { files, project, directory };
};
