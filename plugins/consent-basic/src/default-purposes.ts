import { purposes } from '@tenon/kernel/contracts'
import type { PurposeRule } from './config.ts'

const untilObjection = (purpose: string, en: string, zh: string): PurposeRule => ({
  purpose,
  label: { en, zh },
  bases: ['legitimate-interest', 'consent'],
  requires: 'objection',
})

/** What holds where an edition says nothing else: advertising is opt-in, the rest stops when the person objects. */
export const defaultPurposes: readonly PurposeRule[] = Object.freeze([
  untilObjection(purposes.collect, 'Keep a record of visits and purchases', '记录访问与购买'),
  untilObjection(purposes.profile, 'Understand preferences from the record', '分析偏好'),
  untilObjection(purposes.personalise, 'Choose what is shown', '个性化推荐'),
  untilObjection(purposes.benefit, 'Give coupons and points', '发放优惠与积分'),
  {
    purpose: purposes.service,
    label: { en: 'Messages about orders and the account', zh: '订单与账户通知' },
    bases: ['contract', 'consent'],
    requires: 'objection',
  },
  { purpose: purposes.marketing, label: { en: 'Advertising', zh: '营销推广' }, bases: ['consent'], requires: 'consent' },
])
