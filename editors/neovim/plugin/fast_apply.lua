if vim.g.loaded_fast_apply or vim.fn.has('nvim-0.11') ~= 1 then
  return
end
vim.g.loaded_fast_apply = true

vim.api.nvim_set_hl(0, 'FastApplyChange', { link = 'DiffAdd', default = true })
vim.api.nvim_set_hl(0, 'FastApplyProgress', { link = 'Comment', default = true })

vim.api.nvim_create_user_command('FastApply', function(arguments)
  require('fast_apply.command').apply(arguments)
end, {
  range = true,
  register = true,
  desc = 'Apply a suggested edit: the selected lines, a register, or what is pending',
})

vim.api.nvim_create_user_command('FastApplyCancel', function()
  require('fast_apply.command').cancel()
end, { desc = 'Stop applying an edit and put everything back' })

vim.api.nvim_create_user_command('FastApplyUndo', function()
  require('fast_apply.command').undo()
end, { desc = 'Take an applied edit back, but not what was typed since' })

vim.api.nvim_create_autocmd('LspProgress', {
  group = vim.api.nvim_create_augroup('fast_apply_progress', {}),
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'fast_apply' then
      require('fast_apply.session').on_progress(client, event.data.params)
    end
  end,
})
