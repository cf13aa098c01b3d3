import './style.css';

const { API_URL, WEB_URL, STACK_NAME } = import.meta.env;

const [name, form, message, list] = ['name', 'form', 'message', 'notes'].map((id) => document.getElementById(id));

document.title = `Notes · ${STACK_NAME}`;
name.textContent = STACK_NAME;

const request = async (path, options) => {
  const response = await fetch(`${API_URL}${path}`, options);
  if (!response.ok) throw new Error((await response.json()).message);
  return response.status === 204 ? undefined : response.json();
};

// Notes are written by others: always textContent, never markup.
const item = ({ id, text, createdAt }) => {
  const entry = document.createElement('li');
  const content = document.createElement('span');
  content.textContent = text;
  content.title = new Date(createdAt).toLocaleString();
  const remove = document.createElement('button');
  remove.textContent = 'Delete';
  remove.addEventListener('click', () => change(`/notes/${id}`, { method: 'DELETE' }));
  entry.append(content, remove);
  return entry;
};

const show = async () => {
  const notes = await request('/notes');
  list.replaceChildren(...notes.map(item));
  message.textContent = notes.length === 0 ? `No notes in ${STACK_NAME} yet.` : '';
};

const explain = (error) => {
  // fetch fails with a TypeError when there was no answer that this page may read.
  message.textContent =
    error instanceof TypeError ? `The API at ${API_URL} does not answer. Is it running?` : error.message;
};

const change = async (path, options) => {
  try {
    await request(path, options);
    await show();
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
};

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const added = await change('/notes', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: new FormData(form).get('text') }),
  });
  if (added) form.reset();
});

// The API lets in the page at its address and on its own port. The other hostnames of this copy lead there.
const home = new URL(WEB_URL);
if (location.hostname === 'localhost' || location.origin === home.origin) show().catch(explain);
else location.replace(home);
