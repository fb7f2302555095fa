--- `:checkhealth fast_apply`

local M = {}

local NAME = 'fast_apply'

--- Checks the program that the configuration starts.
---@return boolean
local function check_program()
  local cmd = vim.lsp.config[NAME] and vim.lsp.config[NAME].cmd
  if type(cmd) ~= 'table' then
    vim.health.warn('the server is started by a function of your own')
    return true
  end
  local program = cmd[1]
  if vim.fn.executable(program) ~= 1 then
    vim.health.error(('`%s` is not executable'):format(program), {
      'put the program on your PATH,',
      "or name it: vim.lsp.config('fast_apply', { cmd = { '/path/to/fast-apply', 'lsp' } })",
    })
    return false
  end
  local ran = vim.system({ program, '--version' }, { text = true, timeout = 5000 }):wait()
  if ran.code == 0 then
    vim.health.ok(('%s: %s'):format(vim.fn.exepath(program), vim.trim(ran.stdout)))
  else
    vim.health.warn(('`%s --version` fails with %d'):format(program, ran.code))
  end
  return true
end

--- Asks a server how it is.
---@param client vim.lsp.Client
local function check_client(client)
  local request = { command = 'fastApply.status', arguments = {} }
  local answer = client:request_sync('workspace/executeCommand', request, 3000)
  local status = answer and answer.result
  if not status then
    return vim.health.error('the server does not answer', { 'its log: ' .. vim.lsp.log.get_filename() })
  end
  local where = status.device and (' on ' .. status.device) or ''
  local line = ('the model is %s: %s%s'):format(status.state, status.model or 'the default one', where)
  local message = status.message and { status.message } or nil
  if status.state == 'ready' or status.state == 'busy' or status.state == 'loading' then
    vim.health.ok(line)
  elseif status.state == 'missing' then
    vim.health.warn(line, message or { 'run `fast-apply model pull`; until then edits are merged without a model' })
  else
    vim.health.error(line, message)
  end
end

function M.check()
  vim.health.start('Fast Apply')
  if vim.fn.has('nvim-0.11') ~= 1 then
    return vim.health.error('Neovim 0.11 or newer is needed')
  end
  vim.health.ok(('Neovim %s'):format(tostring(vim.version())))
  if not check_program() then
    return
  end
  local clients = vim.lsp.get_clients({ name = NAME })
  if #clients == 0 then
    vim.health.warn('no server runs', {
      "enable it in your init.lua: vim.lsp.enable('fast_apply')",
      'then open a file that has a file type',
    })
  end
  vim.iter(clients):each(check_client)
  if vim.fn.has('clipboard') == 1 then
    vim.health.ok('the clipboard can be read: `:FastApply +`')
  else
    vim.health.warn('Neovim cannot read the clipboard', { ':help clipboard' })
  end
end

return M
