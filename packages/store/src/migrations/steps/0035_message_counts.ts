/** How many messages a channel has in each state is read off the index alone, a few bytes a message. */
export const messageCounts = {
  schema: 'tenon',
  name: 'messages_by_state',
  on: 'tenon.messages (workspace, channel, state)',
}
