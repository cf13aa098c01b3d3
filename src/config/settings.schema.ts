import { Type } from 'typebox';

const directory = Type.String({ pattern: '^[^\\u0000]+$' });
const file = directory;
const port = { minimum: 0, maximum: 65535 };

/** The one description of the machine configuration: the type, the validator and the published JSON Schema come from it. */
export const settingsSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    httpPort: Type.Optional(Type.Integer({ ...port, description: 'Port for clear text; 0 takes any free one.' })),
    httpsPort: Type.Optional(Type.Integer({ ...port, description: 'Port for TLS; 0 takes any free one.' })),
    port: Type.Optional(
      Type.Integer({ ...port, description: 'One port for both instead of two: the first byte tells which it is.' }),
    ),
    tls: Type.Optional(
      Type.Union([Type.Boolean(), Type.Object({ cert: file, key: file }, { additionalProperties: false })], {
        description: 'false: clear text only. A certificate and its key in PEM: those instead of our own root.',
      }),
    ),
    certificateDirectory: Type.Optional(
      Type.String({ ...directory, description: 'Holds the root certificate and its key.' }),
    ),
    bind: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9A-Fa-f:.]+$' }), {
        minItems: 1,
        description: 'Addresses to listen on. Loopback only unless you say otherwise here.',
      }),
    ),
    roots: Type.Optional(
      Type.Array(
        Type.Union([
          directory,
          Type.Object(
            {
              directory,
              trusted: Type.Optional(
                Type.Boolean({ description: 'Copies under it may run the resolver command of their sidings.json.' }),
              ),
            },
            { additionalProperties: false },
          ),
        ]),
        { description: 'Folders whose direct subfolders are looked at for copies. `~` is the home folder.' },
      ),
    ),
    suffixes: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)*$' }), {
        minItems: 1,
        description: 'What hostnames end in; the first one is printed.',
      }),
    ),
    docker: Type.Optional(Type.Boolean({ description: 'false: containers are not looked at. True if absent.' })),
    upstreamHost: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Za-z.:-]+$',
        description: 'Where servers of this machine are reached; localhost if absent. For sidings in a container.',
      }),
    ),
    stateDirectory: Type.Optional(Type.String({ ...directory, description: 'Claimed slots and captured logs.' })),
    proxy: Type.Optional(
      Type.Object(
        {
          responseTimeout: Type.Optional(
            Type.Number({
              exclusiveMinimum: 0,
              maximum: 86_400,
              description: 'Seconds that a service may take to begin its answer; 300 if absent.',
            }),
          ),
          lanes: Type.Optional(
            Type.Enum(['fast', 'full'], { description: 'full: without the fast lane, for diagnosis. fast if absent.' }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    history: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100_000,
        description: 'How many requests are remembered, with 8 KiB each on average at most; 0: none. 2000 if absent.',
      }),
    ),
    log: Type.Optional(
      Type.Object(
        {
          level: Type.Optional(Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])),
          access: Type.Optional(Type.Boolean({ description: 'One line for each request.' })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { title: 'Sidings machine configuration', additionalProperties: false },
);
