--- One server for all projects: it holds a model, and one copy of that is enough.

local M = {}

--- Whether a running client serves a buffer of this configuration; if so, it is told of the buffer's project.
---@param client vim.lsp.Client
---@param config vim.lsp.ClientConfig
---@return boolean
function M.reuse(client, config)
  if client.name ~= config.name or client:is_stopped() then
    return false
  end
  local root = config.root_dir
  if type(root) == 'string' then
    local folder = { uri = vim.uri_from_fname(root), name = root }
    local folders = client.workspace_folders or {}
    local is_known = vim.iter(folders):any(function(known)
      return known.uri == folder.uri
    end)
    if not is_known then
      client.workspace_folders = vim.list_extend(folders, { folder })
      client:notify('workspace/didChangeWorkspaceFolders', {
        event = { added = { folder }, removed = {} },
      })
    end
  end
  return true
end

return M
