/**
 * The one table of codes. A code is stable: programs may depend on it; messages may change.
 *
 * `message` says what happened, `hint` says what to do; `{name}` is filled from the parameters. `exit` is the exit code of a
 * command that ends because of it (DESIGN: 1 failed, 2 usage or configuration, 3 rejected by a guard, 124 timed out);
 * `status` is the HTTP status where a request can end this way. `docs/errors.md` is generated from here.
 */
export interface ErrorEntry {
  readonly message: string;
  readonly hint: string;
  readonly exit: 1 | 2 | 3 | 124;
  readonly status?: number;
}

export const errors = {
  // The project's file and the resolver.
  'project-not-found': {
    message: 'No sidings.json in {directory} or any folder above it.',
    hint: 'Run the command inside a copy of a project, pass --dir, or write the file with `stack-env init`.',
    exit: 2,
    status: 404,
  },
  'project-file-unreadable': {
    message: '{file} cannot be read: {reason}.',
    hint: 'Check the permissions of the file and its folder.',
    exit: 2,
  },
  'project-file-syntax': {
    message: '{file}:{line}:{column}: {reason}.',
    hint: 'The file is JSON; comments and trailing commas are allowed.',
    exit: 2,
  },
  'project-file-invalid': {
    message: '{file}: {path} {reason}.',
    hint: '{suggestion}',
    exit: 2,
  },
  'port-overlap': {
    message: 'The base ports of {first} ({firstPort}) and {second} ({secondPort}) are the same.',
    hint: 'Give each service its own base port in {file}; ports of copies are counted up from it.',
    exit: 2,
  },
  'slot-too-large': {
    message:
      'Slot {slot} of {name} is too large: {first} and {second} of {file} leave {max} slots before their ports collide.',
    hint: 'Use a folder name with a smaller number, or move the base ports of {first} and {second} further apart.',
    exit: 2,
  },
  'port-too-large': {
    message: 'Slot {slot} of {name} is too large: {service} would need port {port}; the largest port is 65535.',
    hint: 'Use a folder name with a smaller number, or a smaller base port for {service}.',
    exit: 2,
  },
  'port-blocked': {
    message: 'Slot {slot} of {name} gives {service} port {port}, which browsers refuse to open.',
    hint: 'Use a folder name with another number, or move the base port of {service}.',
    exit: 2,
  },
  'slots-exhausted': {
    message: 'Every slot for named copies of {project} ({from}-{to}) is taken.',
    hint: 'Remove copies that are no longer needed, or move the base ports further apart.',
    exit: 2,
  },
  'slot-taken': {
    message: 'Slot {slot} of {project} is claimed by two folders: {first} and {second}.',
    hint: 'Rename one of the two folders; each copy needs a slot of its own.',
    exit: 2,
    status: 409,
  },
  'placeholder-unknown': {
    message: '{file}: env.{variable} uses {placeholder}, which does not exist.',
    hint: 'Known: {known}.',
    exit: 2,
  },
  'copy-unresolved': {
    message: 'The ports of {directory} are not known yet: {need}.',
    hint: '`sidings start`, `sidings ls` and `stack-env` in that folder do it.',
    exit: 1,
  },
  'resolver-untrusted': {
    message: 'The resolver command of {directory} was not run: the folder is under no trusted root.',
    hint: 'Read the command, then add the root with "trusted": true to the machine configuration ({config}).',
    exit: 2,
  },
  'resolver-failed': {
    message: 'The resolver command {command} of {directory} failed: {reason}.',
    hint: 'Run it by hand in that folder; it must print JSON or KEY=VALUE lines and exit 0.',
    exit: 1,
  },
  'resolver-timeout': {
    message: 'The resolver command {command} of {directory} did not end within {seconds} s.',
    hint: 'Run it by hand in that folder and see what it waits for.',
    exit: 124,
  },
  'state-unwritable': {
    message: 'The state folder cannot be written: {file}: {reason}.',
    hint: 'Free space or mend the permissions, or choose another folder with --state-dir or SIDINGS_STATE_DIR.',
    exit: 1,
  },
  'state-unreadable': {
    message: 'The state folder cannot be read: {file}: {reason}.',
    hint: 'Mend the permissions, or choose another folder with --state-dir or SIDINGS_STATE_DIR.',
    exit: 1,
  },
  'file-unwritable': {
    message: '{file} cannot be written: {reason}.',
    hint: 'Check the permissions of the file and its folder, and the space that is left.',
    exit: 1,
  },
  'state-corrupt': {
    message: '{file} is damaged: {reason}.',
    hint: 'Restore it, or move it away: named copies then claim new slots, so restart their services afterwards.',
    exit: 1,
  },
  'state-locked': {
    message: 'The lock {file} is held by another process.',
    hint: 'Try again; if no other sidings or stack-env runs, remove the lock.',
    exit: 1,
  },
  'dotenv-inexpressible': {
    message: 'The value of {variable} cannot be written so that dotenv, compose and sh all read it back alike.',
    hint: 'Use the shell or json format for it, or take one of the quote, dollar and backslash characters out of the value.',
    exit: 2,
  },
  'file-exists': {
    message: '{file} exists already.',
    hint: 'It was left as it is. Remove it first if you want a new one.',
    exit: 2,
  },
  'write-foreign': {
    message: '{file} belongs to {owner}, another copy of this project.',
    hint: 'Write to a file inside this copy, or run the command there.',
    exit: 3,
  },
  'env-block-broken': {
    message: '{file}:{line}: the generated block has {reason}.',
    hint: 'Remove the marker lines and run `stack-env write` again.',
    exit: 2,
  },
  'init-nothing-found': {
    message: 'Nothing in {directory} says which ports the project uses.',
    hint: 'Write sidings.json by hand, for example: {"project": "my-app", "services": {"web": {"port": 3000}}}.',
    exit: 2,
  },
  'init-port-undecided': {
    message: '{file}: {service} publishes {port}, which was not written into sidings.json: {reason}.',
    hint: 'Write services for such ports by hand where each copy needs its own; every other copy collides with the first.',
    exit: 2,
  },
  'command-not-found': {
    message: 'The command {command} could not be started: {reason}.',
    hint: 'Check the name and that it is on the PATH.',
    exit: 1,
  },

  // Guards.
  'env-mismatch': {
    message: '{variable} ({source}) is {found}; {name} needs {expected}.',
    hint: '{mend}',
    exit: 3,
  },
  'env-foreign-name': {
    message: '{variable} ({source}) is {found}: that is the name of {owner}.',
    hint: '{mend}',
    exit: 3,
  },
  'env-foreign-port': {
    message: '{variable} ({source}) is {found}: port {port} is {service} of {owner}.',
    hint: '{mend}',
    exit: 3,
  },
  'env-foreign-host': {
    message: '{variable} ({source}) is {found}: {hostname} belongs to {owner}.',
    hint: '{mend}',
    exit: 3,
  },
  'env-file-unreadable': {
    message: '{file} cannot be read, so nothing in it was checked: {reason}.',
    hint: 'Check the file and its permissions.',
    exit: 3,
  },
  'env-foreign-path': {
    message: '{variable} ({source}) is {found}: that path is inside {owner}.',
    hint: '{mend}',
    exit: 3,
  },

  // Docker Compose.
  'compose-missing': {
    message: 'Neither `docker compose` nor docker-compose is on this machine.',
    hint: 'Install Docker with its compose plugin: https://docs.docker.com/compose/install/',
    exit: 1,
  },
  'compose-fixed-port': {
    message: '{file}:{line}: {service} publishes port {port} of this machine in every copy.',
    hint: '{mend}',
    exit: 3,
  },
  'compose-fixed-name': {
    message: '{file}:{line}: {what} is called {name} in every copy.',
    hint: '{mend}',
    exit: 3,
  },
  'compose-foreign-option': {
    message: '{option} {value} is not for {name}, whose compose {what} is {expected}.',
    hint: 'Leave the option out. For another copy: stack-env --dir FOLDER compose …',
    exit: 3,
  },
  'compose-foreign-container': {
    message: 'Containers of the compose project {project} were started in {directory}{owner}: {containers}.',
    hint: '{mend}',
    exit: 3,
  },
  'docker-failed': {
    message: 'docker {command} failed: {reason}.',
    hint: '`docker info` says whether a Docker Engine answers, and which.',
    exit: 1,
  },

  // The database of a copy.
  'database-unknown': {
    message:
      '{name} has no PostgreSQL database: no variable of sidings.json holds a postgresql:// URL of this machine.',
    hint: 'Add a DATABASE_URL to "env" there, with the port of a service of kind tcp as a placeholder; `stack-env init` writes one.',
    exit: 2,
  },
  'database-stopped': {
    message: 'The database of {name} is not running: {reason}.',
    hint: 'Start it in {directory}, for example with: stack-env compose up -d {service}.',
    exit: 1,
  },
  'database-foreign': {
    message: 'That is not the database of {name}: {reason}.',
    hint: 'Nothing was done. Stop it, or start the one of {name}: stack-env compose up -d {service}.',
    exit: 3,
  },
  'database-ambiguous': {
    message: 'More than one container of {name} may be its database: {containers}.',
    hint: 'Call the service in sidings.json as it is called in the compose file.',
    exit: 2,
  },
  'database-failed': {
    message: '{command} in {place} failed: {reason}.',
    hint: 'The data of {name} is as it was before.',
    exit: 1,
  },
  'copy-unknown': {
    message: 'There is no other copy called {name}.',
    hint: 'Known here: {known}.',
    exit: 2,
  },
  'confirmation-missing': {
    message: '{what} of {name} would be lost, and nobody is here to be asked.',
    hint: 'If that is meant, add --yes.',
    exit: 2,
  },

  // Discovery and liveness.
  'root-unreadable': {
    message: 'The root {directory} cannot be read: {reason}.',
    hint: 'Check the path given with --root and its permissions.',
    exit: 1,
  },
  'copy-unreadable': {
    message: 'The folder {directory} cannot be read: {reason}.',
    hint: 'Check its permissions; the other copies are not affected.',
    exit: 1,
  },
  'copy-stale': {
    message: '{name} is served as it was when it could last be understood.',
    hint: 'Mend what is said beside this; what has changed since then counts from that moment on.',
    exit: 1,
  },
  'label-taken': {
    message: '{first} and {second} both become the hostname label {label}.',
    hint: 'Rename one of the two folders.',
    exit: 1,
    status: 409,
  },
  'hostname-taken': {
    message: '{hostname} is claimed twice: by {first} and by {second}.',
    hint: 'Rename a folder or a service so that each hostname has one owner.',
    exit: 1,
    status: 409,
  },
  'foreign-owner': {
    message:
      'Port {port} ({service} of {name}) is held by process {pid} ({command}), which works in {directory}, inside {owner}.',
    hint: 'Stop process {pid}, or start it in its own copy with `stack-env run`.',
    exit: 1,
    status: 409,
  },

  // Containers.
  'container-label-invalid': {
    message: '{container}: {label} is {value}, {reason}.',
    hint: 'What is wrong there is left out; the rest of the container is understood as before.',
    exit: 1,
  },
  'container-port-unknown': {
    message: '{container} ({service} of {name}) exposes {ports}, so its port is not known.',
    hint: 'Say it with the label sidings.port, or with "containerPort" of {service} in sidings.json.',
    exit: 1,
  },
  'container-unreachable': {
    message:
      '{container} ({service} of {name}) has no address of its own, and port {port} is not published on loopback.',
    hint: 'Give it a network of its own, or publish the port on 127.0.0.1.',
    exit: 1,
  },
  'container-project-mismatch': {
    message:
      '{container} was started in {directory}, but it belongs to the compose project {project}; {name} has {expected}.',
    hint: 'Remove it and start it again with `stack-env compose up`, which gives every copy a compose project of its own.',
    exit: 3,
  },
  'container-hostname-foreign': {
    message: '{container} asks for {hostname}, which belongs to {owner}.',
    hint: 'Choose another name with the label sidings.host; what a copy is called never leads to a container outside it.',
    exit: 1,
  },

  // The proxy.
  'host-invalid': {
    message: 'The request has no usable Host: {reason}.',
    hint: 'Send exactly one Host header that holds a hostname and, if needed, a port.',
    exit: 1,
    status: 400,
  },
  'request-invalid': {
    message: 'The request is not valid HTTP: {reason}.',
    hint: 'It was not forwarded, because two programs could read it differently.',
    exit: 1,
    status: 400,
  },
  'head-too-large': {
    message: 'The head of the request is too large.',
    hint: 'Shorten the address or clear the cookies of this site.',
    exit: 1,
    status: 431,
  },
  'expectation-unknown': {
    message: 'The request expects something that cannot be promised.',
    hint: 'Only "Expect: 100-continue" has a meaning.',
    exit: 1,
    status: 417,
  },
  'request-timeout': {
    message: 'The request did not arrive in time.',
    hint: 'Send it again.',
    exit: 1,
    status: 408,
  },
  'method-unsupported': {
    message: 'The method {method} is not supported here.',
    hint: 'This is a reverse proxy; it does not tunnel to other hosts.',
    exit: 1,
    status: 501,
  },
  'hostname-unknown': {
    message: 'No workstream answers to {hostname}.',
    hint: 'Known hostnames are listed below; `sidings ls` lists them too.',
    exit: 1,
    status: 404,
  },
  'host-misdirected': {
    message: 'This server does not answer for that host.',
    hint: 'Use a hostname under the configured suffixes.',
    exit: 1,
    status: 421,
  },
  'upstream-refused': {
    message: '{service} of {name} is not listening on port {port}.',
    hint: 'Start it in {directory}, for example with: stack-env run --service {service} -- npm run dev.',
    exit: 1,
    status: 502,
  },
  'upstream-broken': {
    message: '{service} of {name} on port {port} broke the answer off: {reason}.',
    hint: 'Look at the log of the service; the request was not sent again.',
    exit: 1,
    status: 502,
  },
  'upstream-invalid': {
    message: '{service} of {name} on port {port} sent something that is not valid HTTP: {reason}.',
    hint: 'Check that this port really speaks HTTP.',
    exit: 1,
    status: 502,
  },
  'upstream-starting': {
    message: '{service} of {name} is starting.',
    hint: 'Try again in a moment.',
    exit: 1,
    status: 503,
  },
  'upstream-timeout': {
    message: '{service} of {name} on port {port} did not answer within {seconds} s.',
    hint: 'Look at the log of the service; raise proxy.responseTimeout if it needs this long.',
    exit: 1,
    status: 504,
  },
  'descriptors-exhausted': {
    message: 'Sidings has as many files and connections open as the system allows it.',
    hint: 'Close clients that keep connections open, or start it with a higher limit: ulimit -n 65536.',
    exit: 1,
    status: 503,
  },
  'proxy-loop': {
    message: 'The request went through this proxy {count} times.',
    hint: "A dev server's own proxy sends it back here: set changeOrigin there, or point it at the localUrl of the service.",
    exit: 1,
    status: 508,
  },

  // Certificates and trust.
  'root-certificate-created': {
    message: 'A root certificate was made: {file}.',
    hint: 'Browsers warn of its certificates until it is trusted: run `sidings trust` once.',
    exit: 1,
  },
  'root-certificate-renewed': {
    message: 'The root certificate {file} was replaced by a new one, because {reason}.',
    hint: 'Run `sidings trust` again, which also takes the old one out of the trust stores, and restart browsers.',
    exit: 1,
  },
  'root-certificate-unreadable': {
    message: 'The root certificate cannot be read: {file}: {reason}.',
    hint: 'Check the owner and the permissions of the file and its folder; it may have been made by another user, or by sudo.',
    exit: 1,
  },
  'root-certificate-damaged': {
    message: 'The root certificate cannot be used: {file}: {reason}.',
    hint: 'Restore {folder} from a backup. Or run `sidings untrust`, remove {folder}, start again and trust the new root with `sidings trust`.',
    exit: 1,
  },
  'root-certificate-early': {
    message: 'The root certificate {file} is valid only from {from} on.',
    hint: 'The clock of this machine says {now}; set it right.',
    exit: 1,
  },
  'root-certificate-missing': {
    message: 'There is no root certificate in {folder} yet.',
    hint: '`sidings start` or `sidings trust` makes one.',
    exit: 1,
  },
  'root-certificate-unused': {
    message: 'The certificate in {file} is used instead of one of our own root, so there is no root to trust.',
    hint: 'Trust whoever made that one, for example with `mkcert -install`; or take tls.cert and tls.key out of the configuration.',
    exit: 2,
  },
  'certificates-unwritable': {
    message: 'The certificate folder cannot be written: {file}: {reason}.',
    hint: 'Free space or mend its permissions.',
    exit: 1,
  },
  'key-exposed': {
    message: 'Other users of this machine {could} {file}, the key of the root certificate.',
    hint: 'If one of them is not trusted, run `sidings untrust`, remove {folder} and start again with a new root.',
    exit: 1,
  },
  'own-certificate-invalid': {
    message: '{file}: {reason}.',
    hint: 'Make the pair anew, or take tls.cert and tls.key out of the configuration: Sidings then uses certificates of its own.',
    exit: 2,
  },
  'trust-failed': {
    message: '{store}: {command} failed: {reason}.',
    hint: 'Run the command by hand to see more. The other trust stores are not affected.',
    exit: 1,
  },
  'trust-needs-root': {
    message: '{store}: this needs the rights of root, which nobody has given.',
    hint: 'Run this in a terminal: {command}',
    exit: 1,
  },

  'hosts-needs-root': {
    message: '{file} cannot be written without the rights of root.',
    hint: 'Run this in a terminal, on Windows in one that was opened as administrator: {command}',
    exit: 1,
  },
  'hosts-block-broken': {
    message: '{file}:{line}: the block of Sidings has {reason}.',
    hint: 'Remove its marker lines by hand and run the command again.',
    exit: 2,
  },

  // The status API.
  'origin-refused': {
    message: 'Requests from that origin are not answered.',
    hint: 'Open the status page itself.',
    exit: 1,
    status: 403,
  },
  'not-found': {
    message: 'There is nothing at this address.',
    hint: 'The API is described at /api/openapi.json.',
    exit: 1,
    status: 404,
  },
  'method-not-allowed': {
    message: 'The method {method} is not allowed at this address.',
    hint: 'This API is read with GET.',
    exit: 1,
    status: 405,
  },
  'workstream-unknown': {
    message: 'There is no workstream called {name}.',
    hint: '`sidings ls` lists them.',
    exit: 1,
    status: 404,
  },
  'directory-unknown': {
    message: 'No workstream is known at {directory} or in a folder above it.',
    hint: '`sidings ls` lists what is known; folders beside a copy are found by --root.',
    exit: 1,
    status: 404,
  },
  'parameter-invalid': {
    message: 'The parameter {parameter} {reason}.',
    hint: 'The API is described at /api/openapi.json.',
    exit: 2,
    status: 400,
  },
  'request-unknown': {
    message: 'No request with the id {id} is remembered.',
    hint: '`sidings requests --all` lists what is; the setting "history" says how many.',
    exit: 1,
    status: 404,
  },
  'events-full': {
    message: '{count} clients follow the events already.',
    hint: 'Close pages that show the status and commands that follow something, or ask now and then instead.',
    exit: 1,
    status: 503,
  },
  'service-unknown': {
    message: '{name} has no service called {service}.',
    hint: 'It has: {known}.',
    exit: 2,
    status: 404,
  },
  'service-not-http': {
    message: '{service} of {name} has no address that a browser opens.',
    hint: '`sidings lookup` lists the services and their ports.',
    exit: 2,
  },
  internal: {
    message: 'Something went wrong inside Sidings: {reason}.',
    hint: 'This is a bug; please report it with the log.',
    exit: 1,
    status: 500,
  },

  // Tests in a browser.
  'base-url-foreign': {
    message: 'The base URL {value} ({source}) belongs to {owner}; these tests are in {name}.',
    hint: 'Leave it out, and the tests of {name} run on {name}; or run them in {owner}.',
    exit: 3,
  },

  // The command.
  'wait-timeout': {
    message: '{name} was not ready within {seconds} s.',
    hint: 'What is missing is listed with its mend; `sidings logs SERVICE` shows what a service wrote.',
    exit: 124,
  },
  'agents-block-broken': {
    message: '{file}:{line}: the section of Sidings has {reason}.',
    hint: 'Remove its marker lines by hand and run `sidings init --agents` again.',
    exit: 2,
  },
  usage: {
    message: '{reason}.',
    hint: 'See --help.',
    exit: 2,
  },
  'roots-unknown': {
    message: '{directory} is in no project, and nothing says where copies are.',
    hint: 'Run it inside a copy, name a folder with --root, or set "roots" in {config}.',
    exit: 2,
  },
  'upstream-host-unknown': {
    message: 'The host {host}, where servers of this machine are to be reached, has no address: {reason}.',
    hint: 'On Docker Desktop it is host.docker.internal. Elsewhere run the container with --add-host=host.docker.internal:host-gateway, or leave upstreamHost out.',
    exit: 2,
  },
  'config-unreadable': {
    message: '{file} cannot be read: {reason}.',
    hint: 'Check the path given with --config and its permissions.',
    exit: 2,
  },
  'config-invalid': {
    message: '{source}: {path} {reason}.',
    hint: '{suggestion}',
    exit: 2,
  },
  'port-privileged': {
    message: 'Port {port} may not be bound by this user.',
    hint: 'Use --http-port 8080, start it with sudo, or allow it once: sudo sysctl net.ipv4.ip_unprivileged_port_start={port}.',
    exit: 1,
  },
  'port-in-use': {
    message: 'Port {port} on {address} is in use{owner}.',
    hint: 'Stop what holds it, or choose another port with --http-port or --https-port.',
    exit: 1,
  },
  'bind-failed': {
    message: 'Port {port} on {address} cannot be bound: {reason}.',
    hint: 'Check the addresses given with --bind.',
    exit: 1,
  },
  'daemon-suffixes': {
    message: 'The sidings on port {port} answers for no hostname under {suffixes}.',
    hint: 'Name its suffixes with --suffix or SIDINGS_SUFFIX, or set "suffixes" in {config}.',
    exit: 2,
  },
  'daemon-unreachable': {
    message: 'No sidings answers on port {port}.',
    hint: 'Start it with `sidings start`, or name its port with --http-port or SIDINGS_HTTP_PORT.',
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errors;
