// Files of the person who draws: picked, and downloaded.
export function pick(accept) {
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', accept });
  return new Promise((done) => {
    input.addEventListener('change', () => done(input.files[0] || null));
    input.addEventListener('cancel', () => done(null));
    input.click();
  });
}

export function download(name, text, type) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name.replace(/[\\/:*?"<>|]/g, '_');
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
