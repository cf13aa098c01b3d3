import cors from '@fastify/cors';
import Fastify from 'fastify';

const note = {
  type: 'object',
  properties: { id: { type: 'integer' }, text: { type: 'string' }, createdAt: { type: 'string' } },
};

const newNote = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: {
    // Something to read, and no NUL, which PostgreSQL cannot store in text.
    text: { type: 'string', maxLength: 1000, allOf: [{ pattern: '\\S' }, { pattern: '^[^\\u0000]*$' }] },
  },
};

const noteId = {
  type: 'object',
  properties: { id: { type: 'integer', minimum: 1, maximum: 2_147_483_647 } },
};

const columns = 'id, text, created_at AS "createdAt"';

/** The HTTP API over a `pg` pool. */
export const buildApp = ({ name, origins, pool }) => {
  const app = Fastify({ logger: true });

  app.register(cors, { origin: origins, methods: ['GET', 'POST', 'DELETE'] });

  app.get('/healthz', async () => {
    await pool.query('SELECT 1');
    return { status: 'ok', name };
  });

  app.get('/notes', { schema: { response: { 200: { type: 'array', items: note } } } }, async () => {
    const { rows } = await pool.query(`SELECT ${columns} FROM notes ORDER BY id`);
    return rows;
  });

  app.post('/notes', { schema: { body: newNote, response: { 201: note } } }, async (request, reply) => {
    const { rows } = await pool.query(`INSERT INTO notes (text) VALUES ($1) RETURNING ${columns}`, [request.body.text]);
    return reply.code(201).send(rows[0]);
  });

  app.delete('/notes/:id', { schema: { params: noteId } }, async (request, reply) => {
    const { rowCount } = await pool.query('DELETE FROM notes WHERE id = $1', [request.params.id]);
    return rowCount === 0 ? reply.code(404).send({ message: 'There is no such note.' }) : reply.code(204).send();
  });

  return app;
};
