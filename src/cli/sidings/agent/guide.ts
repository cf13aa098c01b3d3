/** The lines around what `sidings init --agents` keeps up to date. */
export const guideMarkers = { start: '<!-- sidings:start -->', end: '<!-- sidings:end -->' } as const;

/** What a coding agent needs to know to work in a copy. Under forty lines, since all of them are read again and again. */
export const guide = (project: string): string => `## Running and checking this copy (Sidings)

This folder is one of several parallel copies of \`${project}\`. Each has its own ports, database and addresses: never use
fixed ports or another copy's, and never copy a \`.env\` between them. Everything is answered from this folder:

1. \`sidings lookup --json\` – which workstream this is: ports, addresses and states of its services.
   \`stack-env\` prints the environment (\`DATABASE_URL\`, ports, URLs).
2. \`stack-env run --service NAME -- COMMAND\` – start a service with that environment; its output is kept.
   Containers: \`stack-env compose up -d\`. Then \`sidings wait --timeout 60\`: until all of it listens, is healthy and
   is routed; 124 says what is missing.
3. \`sidings requests --status error --since 5m --json\` – what went through the proxy and failed.
4. \`sidings logs NAME --since 5m\` – what a service wrote.
5. \`sidings verify\` – run it after every change: services up and healthy, own database answering, nothing from another
   copy in the environment, no request answered with 5xx since the last verify. 0: it works; 1: it does not; 3: a guard rejects.

In a browser and in tests use the \`url\` of a service; in programs that do not resolve \`*.localhost\`, its \`localUrl\`.
A guard's message names the variable, whose value it is, and the command that mends it. Do not work around it.
The same as tools: \`sidings mcp\` (Model Context Protocol over stdio).
`;
