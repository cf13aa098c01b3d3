/** A dev server that a script of a package starts. */
export interface DevServer {
  readonly tool: string;
  readonly port: number;
  /** What stands before the port in the script. */
  readonly flag: string;
}

interface Tool {
  readonly port: number;
  /** The subcommands that start the server; `''` is none. */
  readonly commands: readonly string[];
  readonly flag: string;
}

const tool = (port: number, commands: readonly string[], flag = '--port'): Tool => ({ port, commands, flag });

/** The usual ports of dev servers, by the command that starts them. */
const tools = new Map<string, Tool>([
  ['vite', tool(5173, ['', 'dev', 'serve'], '--strictPort --port')],
  ['next', tool(3000, ['dev', 'start'])],
  ['nuxt', tool(3000, ['dev'])],
  ['nuxi', tool(3000, ['dev'])],
  ['astro', tool(4321, ['dev'])],
  ['ng', tool(4200, ['serve'])],
  ['react-router', tool(5173, ['dev'])],
  ['remix', tool(3000, ['dev', 'vite:dev'])],
  ['webpack', tool(8080, ['serve'])],
  ['webpack-dev-server', tool(8080, [''])],
  ['vue-cli-service', tool(8080, ['serve'])],
  ['gatsby', tool(8000, ['develop'])],
  ['parcel', tool(1234, ['', 'serve'])],
  ['ember', tool(4200, ['serve', 's'])],
  ['docusaurus', tool(3000, ['start'])],
  ['eleventy', tool(8080, ['--serve'])],
  ['storybook', tool(6006, ['dev'])],
  ['wrangler', tool(8787, ['dev'])],
]);

/** Words that stand before the command that matters. */
const wrappers = /^(?:npx|bunx|pnpm|yarn|npm|bun|exec|x|dlx|run|--|-[a-z-]+|cross-env|env|dotenv|[A-Za-z_]\w*=.*)$/;

/** The dev servers that the scripts of a `package.json` start, each with its port: the one in the script, or the usual one. */
export const devServers = (scripts: Readonly<Record<string, unknown>>): readonly DevServer[] =>
  Object.values(scripts).flatMap((script) => (typeof script === 'string' ? commandsOf(script) : []).flatMap(devServer));

const commandsOf = (script: string): readonly (readonly string[])[] =>
  script.split(/[;&|]+/).map((command) => command.split(/\s+/).filter((word) => word !== ''));

const devServer = (words: readonly string[]): readonly DevServer[] => {
  const first = words.findIndex((word) => !wrappers.test(word));
  const name = words[first]?.split('/').at(-1) ?? '';
  const found = tools.get(name);
  if (found === undefined) return [];
  const args = words.slice(first + 1);
  const command = args[0] ?? '';
  const isFlag = command.startsWith('-') && !found.commands.includes(command);
  if (!found.commands.includes(isFlag ? '' : command) && !(name === 'vite' && isPath(command))) return [];
  const given =
    words
      .map((word) => /^PORT=(\d{2,5})$/.exec(word)?.[1] ?? /^(?:--port|-p)=(\d{2,5})$/.exec(word)?.[1])
      .find(Boolean) ?? args[args.findIndex((word) => word === '--port' || word === '-p') + 1];
  const port = /^\d{2,5}$/.test(given ?? '') ? Number(given) : found.port;
  return port <= 65535 ? [{ tool: name, port, flag: found.flag }] : [];
};

/** `vite web` serves that folder. */
const isPath = (word: string): boolean => /^[./\w-]+$/.test(word) && !['build', 'preview', 'optimize'].includes(word);
