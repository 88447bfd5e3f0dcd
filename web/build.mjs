// Builds web/static/ from web/src/ and what package-lock.json holds: bundles with the hash of their content in the name, a
// manifest (logical name -> file), and the licences of all that is inside. Nothing of it is committed.
//
// The fonts of documents (engine/documents) come from the same lock and go to engine/documents/fonts/, not committed either.
//
//   node build.mjs            build; does nothing when no input has changed
//   node build.mjs --check    exit code 0 when there is nothing to build
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const STATIC = join(HERE, 'static');
const MODULES = join(HERE, 'node_modules');
const STAMP = join(STATIC, '.inputs');
const ENTRIES = ['app.js', 'app.css', 'designer.js', 'diagram.js', 'docs.js']; // the other styles come with their scripts
/** For the tests: not in the manifest, so never served. */
const FOR_TESTS = { 'axe.js': 'axe-core/axe.min.js', 'axe-zh.json': 'axe-core/locales/zh_CN.json' };
/** The fonts that documents are set in: the second has the rare characters that the first lacks (𠮷). */
const FONTS = join(HERE, '..', 'engine', 'documents', 'fonts');
const FONT_FILES = {
  'NotoSerifSC_400Regular.ttf': '@expo-google-fonts/noto-serif-sc/400Regular',
  'NotoSerifSC_700Bold.ttf': '@expo-google-fonts/noto-serif-sc/700Bold',
  'NotoSerifJP_400Regular.ttf': '@expo-google-fonts/noto-serif-jp/400Regular',
};
/** Tools, and what a package asks for but no bundle holds. */
const NOT_INSIDE = /^(esbuild|@esbuild\/.*|@scarf\/scarf)$/;

const text = (...path) => readFileSync(join(...path), 'utf8');
const digest = (content) => createHash('sha256').update(content).digest('hex');

function inputs() {
  const sources = readdirSync(join(HERE, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const files = [...sources, ...['package.json', 'package-lock.json', 'build.mjs'].map((name) => join(HERE, name))];
  return digest(files.sort().map((file) => `${file.slice(HERE.length)} ${digest(readFileSync(file))}`).join('\n'));
}

function isFresh(hash) {
  if (!existsSync(STAMP) || text(STAMP) !== hash) return false;
  const names = [...Object.values(JSON.parse(text(STATIC, 'manifest.json'))), ...Object.keys(FOR_TESTS)];
  const fonts = Object.keys(FONT_FILES).every((name) => existsSync(join(FONTS, name)));
  return fonts && names.every((name) => existsSync(join(STATIC, name)));
}

/** The licences of every package of the lock that a bundle may hold; a package without one stops the build. */
function notices() {
  const parts = ['What the scripts and styles of OneWindow hold of others, and under which licences.\n'];
  for (const [path, { version, license }] of Object.entries(JSON.parse(text(HERE, 'package-lock.json')).packages)) {
    const name = path.replace(/^.*node_modules\//, '');
    if (!path || NOT_INSIDE.test(name)) continue;
    const folder = join(HERE, path);
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)|\.LICENSE\.txt$/i.test(file)).sort();
    if (!files.length) throw new Error(`${name} ${version} has no licence file`);
    const texts = files.map((file) => `--- ${file}\n\n${text(folder, file).trim()}\n`);
    parts.push(`${'='.repeat(78)}\n${name} ${version} (${license})\n${'='.repeat(78)}\n${texts.join('\n')}`);
  }
  return parts.join('\n');
}

async function bundles() {
  const esbuild = await import('esbuild');
  const { outputFiles } = await esbuild.build({
    entryPoints: ENTRIES.map((name) => join(HERE, 'src', name)),
    absWorkingDir: HERE,
    bundle: true, minify: true, write: false, format: 'iife', target: 'es2020', outdir: STATIC,
    loader: { '.woff2': 'dataurl' }, // the font of the designer's symbols
    legalComments: 'none', // third-party.txt holds them all
    logLevel: 'warning',
  });
  return outputFiles.map(({ path, contents }) => [basename(path), contents]);
}

async function build(hash) {
  const files = [...(await bundles()), ['icon.svg', text(HERE, 'src', 'icon.svg')], ['third-party.txt', notices()]];
  const manifest = {};
  rmSync(STAMP, { force: true });
  mkdirSync(STATIC, { recursive: true });
  for (const [name, content] of files) {
    const ending = extname(name);
    manifest[name] = `${basename(name, ending)}-${digest(content).slice(0, 10)}${ending}`;
    writeFileSync(join(STATIC, manifest[name]), content);
  }
  for (const [name, source] of Object.entries(FOR_TESTS)) writeFileSync(join(STATIC, name), readFileSync(join(MODULES, source)));
  writeFileSync(join(STATIC, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const wanted = new Set(['manifest.json', ...Object.values(manifest), ...Object.keys(FOR_TESTS)]);
  readdirSync(STATIC).filter((name) => !wanted.has(name)).forEach((name) => rmSync(join(STATIC, name)));
  mkdirSync(FONTS, { recursive: true });
  for (const [name, folder] of Object.entries(FONT_FILES)) copyFileSync(join(MODULES, folder, name), join(FONTS, name));
  writeFileSync(STAMP, hash);
}

const hash = inputs();
const fresh = isFresh(hash);
if (process.argv.includes('--check')) process.exit(fresh ? 0 : 1);
if (!fresh) await build(hash);
