interface Name {
  readonly written: string
  /** For addresses of e-mail. */
  readonly latin: string
}

const both = (...names: readonly `${string} ${string}`[]): [Name, ...Name[]] => {
  const [first = { written: '', latin: '' }, ...others] = names.map((name) => {
    const [written = '', latin = ''] = name.split(' ')
    return { written, latin }
  })
  return [first, ...others]
}

const same = (...names: readonly string[]): [Name, ...Name[]] => {
  const [first = { written: '', latin: '' }, ...others] = names.map((name) => ({ written: name, latin: name.toLowerCase() }))
  return [first, ...others]
}

/** Common names, put together at random: none is a person. */
export const NAMES = {
  chinese: {
    family: both(
      '王 wang',
      '李 li',
      '张 zhang',
      '刘 liu',
      '陈 chen',
      '杨 yang',
      '黄 huang',
      '赵 zhao',
      '吴 wu',
      '周 zhou',
      '徐 xu',
      '孙 sun',
      '马 ma',
      '朱 zhu',
      '胡 hu',
    ),
    given: both(
      '伟 wei',
      '芳 fang',
      '娜 na',
      '敏 min',
      '静 jing',
      '丽 li',
      '强 qiang',
      '磊 lei',
      '洋 yang',
      '艳 yan',
      '勇 yong',
      '杰 jie',
      '娟 juan',
      '涛 tao',
      '雪 xue',
      '子轩 zixuan',
      '欣怡 xinyi',
      '梓涵 zihan',
      '浩然 haoran',
      '思远 siyuan',
    ),
  },
  english: {
    family: same(
      'Smith',
      'Jones',
      'Taylor',
      'Brown',
      'Williams',
      'Wilson',
      'Johnson',
      'Davies',
      'Patel',
      'Wright',
      'Walker',
      'Hughes',
      'Green',
      'Lewis',
      'Murphy',
    ),
    given: same(
      'Olivia',
      'Noah',
      'Amelia',
      'George',
      'Isla',
      'Oliver',
      'Ava',
      'Arthur',
      'Ivy',
      'Leo',
      'Grace',
      'Theo',
      'Freya',
      'Jack',
      'Ruby',
      'Samuel',
      'Alice',
      'Ethan',
      'Maya',
      'Henry',
    ),
  },
} as const
