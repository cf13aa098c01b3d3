import { Type } from 'typebox';

const variable = '^[A-Za-z_][A-Za-z0-9_]*$';

const serviceSchema = Type.Object(
  {
    port: Type.Integer({ minimum: 1, maximum: 65535, description: 'Base port: the port in the main checkout.' }),
    containerPort: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65535,
        description: 'Port that it listens on inside a container; the only exposed one if absent.',
      }),
    ),
    kind: Type.Optional(
      Type.Enum(['http', 'tcp'], { description: '`http` (the default) is reached through the proxy; `tcp` is not.' }),
    ),
    env: Type.Optional(
      Type.Array(Type.String({ pattern: variable }), { description: 'Variables that are set to the port.' }),
    ),
    health: Type.Optional(
      Type.String({ pattern: '^/[!-~]*$', description: 'Path that answers 2xx when the service is healthy.' }),
    ),
    default: Type.Optional(
      Type.Boolean({ description: 'The bare name of a workstream (`project-3.localhost`) leads to this service.' }),
    ),
    protocol: Type.Optional(
      Type.Enum(['h2c', 'https'], {
        description: 'What the service speaks, if not HTTP/1.1 in clear text: `h2c` is for gRPC servers.',
      }),
    ),
    subdomains: Type.Optional(Type.Boolean({ description: "Names below the service's hostnames lead to it as well." })),
  },
  { additionalProperties: false },
);

/** The one description of `sidings.json`: the type, the validator and the published JSON Schema come from it. */
export const projectFileSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    project: Type.String({
      pattern: '^[^/\\\\\\u0000-\\u001f]{1,100}$',
      description: 'Folder name of the main checkout and prefix of its numbered copies.',
    }),
    services: Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,39}$' }), serviceSchema, {
      additionalProperties: false,
    }),
    env: Type.Optional(
      Type.Record(Type.String({ pattern: variable }), Type.String({ pattern: '^[^\\u0000]*$' }), {
        additionalProperties: false,
        description:
          'Variables of every copy. Placeholders such as {api.port} and {database} are filled in; {{word}} gives {word}.',
      }),
    ),
    resolver: Type.Optional(
      Type.Object(
        {
          command: Type.Array(Type.String({ pattern: '^[^\\u0000]+$' }), {
            minItems: 1,
            description: 'A command of the project that prints the environment. Runs only under trusted roots.',
          }),
          timeout: Type.Optional(
            Type.Number({ exclusiveMinimum: 0, maximum: 60, description: 'Seconds; 10 if absent.' }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { title: 'sidings.json', additionalProperties: false },
);
