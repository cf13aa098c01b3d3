import { Command, Option } from 'commander';
import { fail } from '../../model/problem.ts';
import { packageVersion, parse, throwing } from '../command-line.ts';
import { printText } from '../report.ts';
import type { CommonOptions } from './inspect.ts';
import { formats, type PrintOptions, print } from './print.ts';

/** Reads the command line and does what it says. Gives the exit code. */
export const runProgram = async (args: readonly string[]): Promise<number> => {
  let code = 0;
  /** Options count before and after the command's name; the later one wins. */
  const does =
    (action: (options: CommonOptions, args: readonly string[]) => Promise<number>) =>
    async (...all: unknown[]): Promise<void> => {
      const command = all.at(-1) as Command;
      const chain: object[] = [];
      for (let one: Command | null = command; one !== null; one = one.parent) chain.unshift(one.opts());
      code = await action(Object.assign({}, ...chain), command.args);
    };
  const subcommand = (name: string, description: string, parent = program): Command =>
    withCommonOptions(parent.command(name)).description(description).allowExcessArguments(false);

  const program = withCommonOptions(new Command('stack-env'))
    .description('Print the environment of this copy: its ports, its database, its addresses.')
    .usage('[options] [command]')
    .addOption(new Option('--format <format>', 'how it is printed (default: shell, for eval)').choices(formats))
    .option('--replace', 'override variables of this shell that hold other values')
    .option(...caBundle)
    .option('--version', 'print the version')
    // What stands behind `run` and its command belongs to that command.
    .enablePositionalOptions()
    .allowExcessArguments()
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 rejected by a guard, 124 timed out.',
    )
    .action(
      does(async (options: PrintOptions & { readonly version?: boolean }, [unknown]) => {
        if (unknown !== undefined) {
          const known = program.commands.map((command) => command.name()).join(', ');
          throw fail('usage', { reason: `There is no command ${unknown}; there are ${known}` });
        }
        if (!options.version) return print(options);
        printText(`${packageVersion()}\n`);
        return 0;
      }),
    );
  subcommand('check', 'say what in this shell and in the .env files belongs to another copy')
    .option('--strict', 'stale .env lines are rejected too')
    .action(does(async (options) => (await import('./check.ts')).check(options)));
  subcommand('run', 'run a command with the environment, in the folder of --dir if it is given')
    .usage('[options] -- command [args...]')
    .argument('<command...>')
    .option('--service <name>', "also append its output to this service's log")
    .option('--replace', 'override variables of this shell that hold other values')
    .option(...caBundle)
    .passThroughOptions()
    .action(does(async (options, command) => (await import('./run.ts')).run(command, options)));
  subcommand('compose', 'run docker compose for this copy: its environment, its project name, its folder')
    .usage('[options] [arguments of docker compose...]')
    .argument('[arguments...]')
    .option('--replace', 'override variables of this shell that hold other values')
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .addHelpText(
      'after',
      '\nIt runs in the folder of the copy, so that relative paths count from there. For its own help: stack-env compose -- --help',
    )
    .action(does(async (options, command) => (await import('./compose.ts')).compose(command, options)));
  const db = subcommand('db', "this copy's own PostgreSQL database").enablePositionalOptions().helpCommand(false);
  subcommand('url', 'print its address', db).action(
    does(async (options) => (await import('./db/url.ts')).url(options)),
  );
  subcommand('shell', 'open psql at it, in its container where it has one', db)
    .usage('[options] [-- arguments of psql...]')
    .argument('[arguments...]')
    .passThroughOptions()
    .action(does(async (options, args) => (await import('./db/shell.ts')).shell(args, options)));
  subcommand('reset', 'make it empty', db)
    .option('--yes', 'do not ask')
    .action(does(async (options) => (await import('./db/reset.ts')).reset(options)));
  subcommand('clone', "replace its data by that of another copy's database", db)
    .requiredOption('--from <copy>', 'the folder name of the other copy, or main')
    .option('--yes', 'do not ask in the main checkout, whose data is nobody else’s')
    .action(
      does(async (options) =>
        (await import('./db/clone.ts')).clone(options as CommonOptions & { readonly from: string }),
      ),
    );
  subcommand('init', 'write sidings.json from the compose file, .env and package.json').action(
    does(async (options) => (await import('./init.ts')).init(options)),
  );
  subcommand('write', 'keep the environment as a block in an env file, and the rest of the file as it is')
    .option(...caBundle)
    .argument('[file]', 'default: .env.local of the copy, which Vite and Next.js read over .env and nobody commits')
    .addHelpText('after', '\ndocker compose and plain dotenv read .env alone: for them use `stack-env write .env`.')
    .action(does(async (options, [file]) => (await import('./write.ts')).write(file, options)));

  await parse(program, args);
  return code;
};

const caBundle = [
  '--ca-bundle',
  'also set SSL_CERT_FILE, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, to the roots of the system and that of Sidings',
] as const;

const withCommonOptions = (command: Command): Command =>
  throwing(command)
    .option('--dir <directory>', 'the copy is this folder or the nearest above it (default: the current folder)')
    .option('--state-dir <directory>', 'holds claimed slots and logs (default: ~/.local/state/sidings)')
    .option('--json', 'print one JSON document');
