// A form that saves itself, a moment after something in it was changed. Without scripts its buttons do.
const PAUSE = 1200;

for (const form of document.querySelectorAll('form[data-autosave]')) {
  const said = document.querySelector('[data-saved]');
  let waiting;
  const save = async () => {
    const body = new URLSearchParams(new FormData(form));
    body.set('do', 'auto');
    try {
      const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual' });
      const at = new Date().toLocaleTimeString(document.documentElement.lang);
      said.textContent = answer.ok ? `${form.dataset.savedWords} ${at}` : form.dataset.failedWords;
    } catch {
      said.textContent = form.dataset.failedWords;
    }
  };
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, PAUSE);
  });
  form.addEventListener('submit', () => clearTimeout(waiting));
}
