const { createHash } = require('node:crypto');
const { stripTypeScriptTypes } = require('node:module');

// Stripping keeps positions, so failures and coverage point to the right line without source maps.
module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: (source, file, options) =>
    createHash('sha256').update([source, file, options.configString, process.version].join('\0')).digest('hex'),
};
