#!/usr/bin/env node
import { Command, Option } from 'commander';
import { packageVersion, parse, runCommand, throwing } from './command-line.ts';
import { addDaemonOptions, addListenOptions, addSettingOptions } from './sidings/setting-options.ts';
import { startFolder } from './start-folder.ts';

let code = 0;

/** What a command does is loaded when it is called. */
const does =
  (load: () => Promise<(...args: never[]) => Promise<number>>) =>
  async (...all: unknown[]): Promise<void> => {
    // Whatever it is, it begins with the current folder.
    startFolder(undefined);
    const action = (await load()) as (...args: unknown[]) => Promise<number>;
    // Commander adds the command itself.
    code = await action(...all.slice(0, -1));
  };

const program = throwing(new Command('sidings'))
  .description('One proxy in front of every copy of a repository, each with its own ports, database and addresses.')
  .version(packageVersion())
  .helpCommand(false)
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 rejected by a guard, 124 timed out.',
  );

const command = (usage: string, description: string, parent: Command = program): Command =>
  addSettingOptions(parent.command(usage)).description(description).allowExcessArguments(false);

const json = ['--json', 'print one JSON document'] as const;
const dir = ['--dir <dir>', 'a folder of the copy (default: the current folder)'] as const;

addDaemonOptions(command('start', 'run the proxy and the status page in the foreground')).action(
  does(async () => (await import('./sidings/start.ts')).start),
);

command('ls', 'list every workstream, its services and their addresses')
  .option('--watch', 'go on and show every change; without a terminal a line of JSON for each')
  .option(...json)
  .action(does(async () => (await import('./sidings/ls.ts')).ls));

command('lookup [service]', 'say which workstream this is and where everything is; or the address of one service')
  .option(...dir)
  .option(...json)
  .action(does(async () => (await import('./sidings/lookup.ts')).lookup));

command('requests', 'list what went through the proxy: of this copy, with its failures')
  .addOption(new Option('--workstream <name>', 'of the workstream of that name').conflicts(['dir', 'all']))
  .option(...dir)
  .addOption(new Option('--all', 'of every workstream').conflicts('dir'))
  .option('--service <name>', 'of one service')
  .option('--status <list>', '404, 5xx, 400-499 or error; several with commas')
  .option('--method <list>', 'several with commas')
  .option('--path <text>', 'whose path and query holds this text')
  .option('--since <time>', 'ended since: 90s, 5m, 2h, or an ISO time')
  .option('--limit <count>', 'at most so many, the newest (default: 100)')
  .option('-f, --follow', 'go on with each request as it ends')
  .addOption(
    new Option('--id <id>', 'one request with its header fields, and as a command of curl').conflicts('follow'),
  )
  .addOption(
    new Option('--har [file]', 'as an HTTP Archive, for developer tools; to the output without a file').conflicts([
      'follow',
      'id',
    ]),
  )
  .option(...json)
  .addHelpText(
    'after',
    '\nSecrets are masked and bodies are not kept. With --follow, --json prints one line for each request.',
  )
  .action(does(async () => (await import('./sidings/requests.ts')).requests));

command('open [service]', "open this copy's page, or another of its services, in the browser")
  .option(...dir)
  .action(does(async () => (await import('./sidings/open.ts')).open));

command('logs <service>', 'show what a service of this copy has written')
  .option(...dir)
  .option('-f, --follow', 'go on with what it writes')
  .option('--lines <number>', 'the last so many (default: 100)')
  .option('--since <moment>', '90s, 5m, 2h ago, or an ISO time')
  .option('--json', 'print one JSON document, or with -f one a line')
  .action(does(async () => (await import('./sidings/logs.ts')).logs));

command('wait [services...]', 'wait until services of this copy listen, are healthy and answer through the proxy')
  .option(...dir)
  .option('--timeout <seconds>', 'at most so long (default: 60); then it ends with 124 and says what is missing')
  .option(...json)
  .action(does(async () => (await import('./sidings/wait.ts')).wait));

command('verify [services...]', 'say whether this copy works: guards, services, database, no 5xx since the last verify')
  .option(...dir)
  .option(...json)
  .action(does(async () => (await import('./sidings/verify.ts')).verify));

program
  .command('init')
  .description('write what coding agents need to know into the repository')
  .allowExcessArguments(false)
  .option('--agents [file]', 'a section of AGENTS.md, or of this file; other text in it stays as it is')
  .option(...dir)
  .option(...json)
  .action(does(async () => (await import('./sidings/init.ts')).init));

command('mcp', 'serve the Model Context Protocol on stdin and stdout, for coding agents')
  .option(...dir)
  .action(does(async () => (await import('./sidings/mcp.ts')).mcp));

command('check', 'say what is wrong: with the environment of this copy, and with any workstream')
  .option(...dir)
  .option('--strict', 'stale .env lines are rejected too')
  .option(...json)
  .action(does(async () => (await import('./sidings/check.ts')).check));

addListenOptions(command('doctor', 'look at ports, certificates, trust and names, change nothing, and say what to do'))
  .option(...json)
  .action(does(async () => (await import('./sidings/doctor.ts')).doctor));

const change = (name: 'trust' | 'untrust', description: string): Command =>
  command(name, description)
    .option('--dry-run', 'only show what would be done')
    .option('--yes', 'do not ask before sudo')
    .option(...json)
    .addHelpText(
      'after',
      '\nsudo is only run in a terminal, and never with CI=1: then the commands that need it are printed.',
    );

change('trust', 'let this machine and its browsers trust the root certificate, which is made if there is none').action(
  does(async () => (await import('./sidings/trust.ts')).trust),
);
change('untrust', 'take the root certificate out of every trust store again').action(
  does(async () => (await import('./sidings/untrust.ts')).untrust),
);

const hosts = program
  .command('hosts')
  .description('keep the hostnames of all copies in the hosts file, for programs that do not resolve *.localhost')
  .helpCommand(false);

const changeHosts = (name: 'sync' | 'clean', description: string): Command =>
  command(name, description, hosts)
    .option('--file <file>', 'the hosts file (default: that of the system)')
    .option('--dry-run', 'only show what would be done')
    .option('--yes', 'do not ask before sudo')
    .option(...json);

changeHosts('sync', 'write every hostname that is known now').action(
  does(async () => (await import('./sidings/hosts-sync.ts')).hostsSync),
);
changeHosts('clean', 'take them out again').action(
  does(async () => (await import('./sidings/hosts-clean.ts')).hostsClean),
);

command('config', 'show the effective settings and where each came from')
  .option(...json)
  .action(does(async () => (await import('./sidings/config.ts')).config));

const args = process.argv.slice(2);
await runCommand(args, async () => {
  await parse(program, args.length === 0 ? ['--help'] : args);
  return code;
});
