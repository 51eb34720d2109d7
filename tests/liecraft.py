"""What a lying language model does to a true sentence, kind by kind: tables of words, and the few edits that need code.

Written from the description of the product alone, without a look at the check that these lies are for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

Edit = tuple[int, int, str]  # text[start:end] becomes the string
Edits = tuple[Edit, ...]
Rule = tuple[str, str]  # a pattern, and the template that takes its place

FIGURE = re.compile(
    r"(?<![\d.A-Za-z])(\d[\d,]*(?:\.\d+)?)([万亿]?(?:元|吨|人次|人|亩|平方米|公里|户|件|美元)|%|个百分点|[件名个项次份起家所户条处场宗天座期部套])"
)
PLANNED = re.compile(r"打算|安排|下一|目标|思路|计划|重点工作|建议|要求|自身建设|人民满意|将|拟|力争|争取|预计|今后|为实现|定于|筹建|有望")

NEGATION_DROPPED: list[Rule] = [
    (r"尚未", "已"), (r"并未", "已"), (r"(?<![从应])(?<!应[一-龥])未(?=[^来成央必及曾知])", ""), (r"均?没有(?=[^，。；一])", ""), (r"没有(?=一)", "有"),
    (r"不得", "可以"), (r"不予", "予以"), (r"不再", "仍"), (r"不能", "能"), (r"不会", "会"), (r"不愿", "愿"), (r"无法", "可以"), (r"无需", "需要"),
    (r"不(?=符合|合格|规范|到位|稳定|具备|存在|属于|构成|影响|需要|收取|支持|执行|上会|"
     r"准确|严格|通畅|新增|合规|如实|按时|参加|涉及|认可|合理|平衡|全面|完善|健全|够|清楚|熟)", ""),
    (r"无人(?=值守|所|机构)", "有人"), (r"未设", "设有"), (r"(?<![\d一-龥])无(?=[一-龥]{2})", "有"),
]

NEGATIONS = ("未", "没有", "并未", "尚未", "从未", "未能")
VERB = re.compile(
    "完成|办结|受理|审结|审核|审查|开展|组织|举办|召开|建成|新建|新增|投入|发放|提出|制定|出台|印发|签订|聘请|培养|清理|废止|修改|取消|公布|查处|"
    "移送|追回|发现|整改|解决|达到|超过|突破|实现|覆盖|落实|建立|设立|配备|配发|安排|参加|提交|报送|采纳|纠正|调解|化解|接待|接听|办理|出具|"
    "收到|派出|抽查|抽检|查扣|通报|约谈|处理|问责|退回|撤回|推行|推广|启动|开通|开工|投产|投用|招录|招聘|选派|修复|改造|拆除|更换|减免|补助|奖励|"
    "盘活|下放|收回|缩短|提高|领取|获得|入选|上缴|返岗|招生|交付|结算|核减|通过|批准|驳回|登记|注销|撤销|救助|关停|消除|清退|排查|接受|保障|"
    "推动|帮助|支持|负责(?!人)|支出|下达|征集|审议|争取|铺设|打通|发布|列入|编制|评查|讲授"
)
NO_VERB = re.compile(r"情况|率|数|量|工作|机构|人员|中心|机制|总|后|前|的|期|额|类|面积|资金|任务|意见|措施|窗口|组织|委员会|桌|员|案件|服务|有效|整改|规划")

BOUND_CHANGED: list[Rule] = [
    (r"近(?=\d[\d,.]*[^\d年])", "超过"), (r"(?<!不)(?:超过|突破|逾)(?=\d)", "不足"), (r"不超过", "不少于"), (r"不(?:少|低)于", "不超过"), (r"不高于", "不低于"),
    (r"约(?=\d)", "不足"), (r"左右", "以上"), (r"(?<=[\d万亿%元件人次个天名家项户成])以上", "以下"), (r"(?<=[\d万亿%元件人次个天名家项户成])以下", "以上"),
    (r"以内", "以上"), (r"不到(?=\d|三|半)", "超过"), (r"至少", "至多"), (r"最高(?=\d)", "最低"), (r"多达|高达", "不足"), (r"超(?=\d)", "近"),
    (r"(?<=\d)(?=[件人名户万亿])余|余(?=[件人名户万亿])", "整"), (r"最(?:多|长|远)(?=[^的]{0,4}\d)", "最少"), (r"仅(?=有|能|\d)", "至少"),
]
BOUND_DROPPED: list[Rule] = [
    (r"近(?=\d[\d,.]*[^\d年])", ""), (r"(?<![不次])(?:超过|突破)(?=\d)", "为"), (r"不超过(?=\d)", ""), (r"不(?:少|低|高)于(?=\d)", ""), (r"约(?=\d)", ""),
    (r"(?<=[\d万亿%元件人次个天名家项户])(?:左右|以上|以下|以内)", ""), (r"至少(?=[^，。；]{0,4}\d)", ""), (r"最高(?=\d)", ""), (r"不到(?=\d)", ""),
    (r"大约", ""),
]
BOUNDS = ("超过", "近", "不足", "不到", "至少", "至多", "不低于", "逾")
BOUND = re.compile(r"[近超约逾过足到少多于低高]\Z|左右|以上|以下|以内")

UNITS = {
    "件": "人次", "人次": "人", "人": "户", "名": "户", "万元": "亿元", "亿元": "万元", "%": "个百分点", "个百分点": "%", "亩": "公顷", "公里": "米",
    "户": "人",
    "万吨": "吨", "吨": "公斤", "元": "万元", "万人": "人", "万户": "户", "平方米": "亩", "万平方米": "平方米", "次": "件", "天": "个月", "个": "万个",
    "家": "人", "宗": "人次", "份": "项", "条": "件", "项": "人次", "所": "名", "起": "人", "万件": "件", "万人次": "人次", "亿件": "万件", "场": "人次",
    "处": "平方米", "期": "人", "座": "平方米", "套": "万元", "部": "人", "万亩": "亩", "万美元": "万元",
}

TURN = r"(?=[了至到为近约超逾\d]|[^，。；]{0,6}\d)"
DIRECTION: list[Rule] = [
    (r"(?<!负)增长(?!点|极)", "下降"), (r"下降", "增长"), (r"提高" + TURN, "降低"), (r"降低", "提高"), (r"上升", "回落"), (r"回落", "上升"),
    (r"增加" + TURN, "减少"),
    (r"减少", "增加"), (r"压减", "扩增"), (r"缩短", "延长"), (r"延长", "缩短"), (r"缩小", "扩大"), (r"扩大" + TURN, "缩小"), (r"上涨", "下跌"),
    (r"净增", "净减"),
    (r"升到", "降到"), (r"降到", "升到"), (r"(?<=年)多出", "减少"), (r"提升" + TURN, "下滑"), (r"有所提高", "有所下滑"), (r"下滑", "回升"),
    (r"超过(?=预期|去年|上年)", "低于"),
]

PLAN_AS_FACT: list[Rule] = [
    (r"计划于", "已于"), (r"计划(?=\d{4}年)", "已于"), (r"(?<!按)计划(?=先|招录|完成|建|新|投)", "已"),
    (r"(?:力争|争取|预计)(\d{4}年[^，。；\d]{0,12}?)(达到|超过|开工|完成|交付|通水)", r"\1已\2"),
    (r"(?:力争|争取|预计|有望)(?!\d)", "已经"), (r"将(?=在\d*月)", "已"), (r"将(?=[在对于])", "已"), (r"(?<=[年月，])拟(?=[由修制])", "已"), (r"^拟", "已"),
    (r"将(?=实施|建设|建成|建立|新建|启动|开展|完成|组织|投入|出台|举办|达到|新增|改造|实现|提交|推出|印发|成立|设立)", "已"),
    (r"定于", "已于"), (r"力争(?=[^，。；\d]{0,14}(?:达到|提到))", "目前"), (r"(?<=年)(?=力争)力争", "已"), (r"今后", "目前"),
    (r"(?<![一-龥])筹建", "已建成"),
]
FACT_AS_PLAN: list[Rule] = [
    (r"已经?(?=[一-龥]{2})(?!经|久)", "将"), (r"(?<=全年)(?=[一-龥]{2})", "拟"),
    (r"(?<![一-龥])(完成|建成|新建|新增|改造|发放|投入|开展|举办|培养|追回|清理|签订|聘请|组织|查处|移送)(?!的|后|率|情况)", r"计划\1"),
    (r"(?<=年)，(?=[一-龥]{2})", "，预计"), (r"(?<![一-龥])共(?=[一-龥]{2})", "计划"),
    (r"(?<=[市县区局府院])(受理|收到|审结|出具|办理|组织|聘请|审核|召开|批准|撤销)", r"拟\1"), (r"(?<=[一-龥])达到(?=\d)", "力争达到"),
]

SCOPE: list[Rule] = [
    (r"部分(?=[一-龥])", ""), (r"符合条件的", ""), (r"规模以上", ""), (r"规上", ""), (r"限额以上", ""), (r"资质以上", ""), (r"个别(?=[一-龥])", ""),
    (r"原则上", ""), (r"试点(?=[一-龥]{2})", "全面推行"),
    (r"(?<=[，。])首批", ""), (r"(?<![一-龥])首批", ""), (r"\d+岁以上的?(?=[一-龥])", ""), (r"除[^，。；]{3,30}外，其余", ""), (r"亿元以上", ""),
    (r"在[一-龥]{2,3}镇(?=[一-龥])", "在全市"), (r"轻微违法", "违法"), (r"重大(?=案件|决策|违法|执法|行政)", ""), (r"困难(?=家庭|老人|群众)", ""),
    (r"主要为", "全部为"), (r"大部分(?=[一-龥])", ""),
    (r"少数", ""), (r"(?<!大)多数", ""), (r"（试行）", ""), (r"（不含农户）", ""), (r"(?<=全)市直(?=部门)", "市"), (r"小型(?=水库)", ""),
    (r"以行政协议为标的的", ""), (r"最高(?=\d)", ""), (r"非试点", ""), (r"试点(?=学校)", ""),
    (r"涉及[^，。；]{2,10}的(?=案件)", ""), (r"家庭(?=纠纷)", ""), (r"不合格的?(?=[一-龥\d])", ""), (r"城镇(?=新增|常住|居民)", ""),
]

ORDER: list[Rule] = [
    (r"先([^，。；]{2,20})，再([^，。；]{2,20})", r"先\2，再\1"), (r"先([^，。；]{2,20})，再由([^，。；]{2,20})", r"先由\2，再\1"),
    (r"先([^，。；]{2,20})，再启动([^，。；]{2,20})", r"先启动\2，再\1"),
    (r"以后才", "以前就"), (r"之后", "之前"), (r"之前", "之后"), (r"以前", "以后"), (r"以后", "以前"), (r"(\d+月底?|年底|年末|春节|汛)前", r"\1后"),
    (r"(?<=[一-龥])(?<![今最先落此然以])后，", "前，"),
    (r"在([^，。；]{2,14})的基础上([^，。；]{2,14})", r"在\2的基础上\1"), 
    (r"(?<=决策)前(?=征集)", "后"), (r"事后", "事前"), (r"进门前", "进门后"),
    (r"经([^，。；]{2,16})后(?=[一-龥])", r"在\1之前即"), (r"(?<=[一-龥]{2})以来", "以前"), (r"审前", "审后"), (r"会前", "会后"), (r"课后", "课前"),
    (r"(?<=，)随后", "，此前"), (r"同时废止", "此前已废止"), (r"当年", "次年"),
]

DEGREE: list[Rule] = [
    (r"基本(?=完成|到位|建成|形成|实现|解决|消除)", "全面"), (r"初步(?=建立|形成|建成)", "全面"), (r"较(?=快|慢|好|长|大|多|高|低|小)", "极"),
    (r"比较", "非常"), (r"明显", "略微"), (r"略有", "大幅"), (r"有所", "大幅"),
    (r"稳步", "飞速"), (r"总体", "完全"), (r"主要(?=是|在|为|卡|集中)", "全部"), (r"阶段性", "决定性"), (r"逐步", "一举"), (r"大幅", "小幅"),
    (r"逐年", "骤然"), (r"普遍", "偶有"), (r"突出", "轻微"), (r"严重(?=，|不|短|滞|$)", "轻微"),
    (r"进一步", "彻底"), (r"更加", "最为"), (r"(?<!可)持续(?=[一-龥]{2})", "一度"), (r"仅(?=有|能|\d)", "足足"), (r"平稳", "迅猛"),
    (r"更(?=有力|扎实|实质|严格|便捷|准|用心|贴心|旺)", "空前"), (r"稀缺", "充裕"),
    (r"十分|非常|极其", "稍显"), (r"重点(?=抽查|做好|整治|打击)", "顺带"), (r"显著", "有限"), (r"一定(?=的|成)", "巨大"), (r"没有明显", "没有丝毫"),
    (r"没有实质性", "没有任何"), (r"实质性", "一定"),
    (r"有了抓手", "大功告成"), (r"缓慢|慢(?=，|。)", "神速"), (r"老大?难", "小"), (r"较", "最"),
]

QUANTIFIER: list[Rule] = [
    (r"全部(?!工业)", "大部分"), (r"大部分", "全部"), (r"个别", "多数"), (r"多数", "个别"), (r"少数", "多数"), (r"(?<!一)部分(?=[一-龥])", "全部"),
    (r"均(?=在|未|没|已|发|不|为)", "多数"), (r"(?<=[一-龥])都(?=[一-龥])(?!市|匀)", "大多"), (r"一律", "一般"),
    (r"一些", "所有"), (r"所有", "部分"), (r"各(?=县区|单位|乡镇|部门|地)", "部分"), (r"每(?=个|名|家|户|件)", "部分"), (r"逐一", "选择性"),
    (r"逐份|逐条|逐项", "抽样"), (r"其余", "全部"), (r"一半", "全部"), (r"半数", "全体"),
    (r"全覆盖", "半数覆盖"), (r"仅有", "几乎所有的"), (r"(?<![健齐保安])全[市县区](?!面)", "个别乡镇"), (r"六成|四成|三成|八成", "全部"),
    (r"首次", "多次"), (r"多次", "首次"),
]

VERBS: list[Rule] = [
    ("收到", "办结"), ("办结", "收到"), ("受理", "驳回"), ("审结", "受理"), ("批准", "驳回"), ("驳回", "批准"), ("立案", "结案"), (r"(?<!未)结案", "立案"),
    ("新建", "拆除"), ("废止", "制定"), ("取消", "新增"), ("聘请", "解聘"), ("印发", "废止"), ("支持", "反对"),
    ("公布", "撤销"), ("清退", "收取"), ("维持", "撤销"), ("移送", "退回"), ("下放", "收回"), ("收回", "下放"), ("招录", "裁减"), ("建成", "停建"),
    ("开工", "完工"), ("投产", "停产"), ("签订", "解除"), ("采纳", "否决"), ("减免", "加收"), ("提交", "撤回"), ("撤回", "提交"),
    ("审议通过", "审议否决"), ("清理", "保留"), ("追回", "支付"), ("提请", "撤回"), ("退回", "接收"), ("发放", "扣发"), ("上缴", "截留"), ("注销", "颁发"),
    ("赞成", "反对"), ("表示反对", "表示赞成"), ("征求", "无视"), ("纠正", "维持"), ("查处", "放行"), ("登记", "注销"),
    ("救助", "遣返"), ("改造", "拆除"), ("审核", "起草"), ("培养", "淘汰"), ("流入", "流出"), ("拆除", "保留"), ("招聘", "辞退"), ("修改", "保留"),
    ("撤销", "新增"), ("批评", "表扬"), ("补助", "罚没"), ("罚款", "奖励"), ("接待", "劝返"), ("委托", "接管"), ("盘活", "出让"),
]

PLACES = [
    "青川", "临江", "望海", "白石", "柳溪", "云岭", "南屏", "石桥", "云泽", "东陵", "长滩", "石盘", "清源", "龙井",
    "云台", "石门", "渡头", "河西", "江北", "江南", "港南", "大岭", "双桥", "滨江", "沙洲", "松坪", "杏林", "鹿鸣",
    "桐庄",
]
PEOPLE = "林嘉禾 苏明远 何澜 贺知行 方苇 顾庭松 沈若川 陆怀山 周以宁 梁書白 程望舒 叶知秋 罗景行 秦牧野 唐砚秋 江晚舟".replace("書", "书").split()
ORGANS: list[Rule] = [
    ("市政府(?!工作报告|办)", "市人大常委会"), ("县政府(?!常务)", "县人大常委会"), ("市委(?!托)", "市纪委"), ("县委", "县政协"),
    ("人民法院", "人民检察院"), ("人民检察院", "公安局"), ("司法局", "财政局"), ("财政局", "审计局"), ("民政局", "人社局"), ("教育局", "卫健局"),
    ("住建局|住房和城乡建设局", "城管局"), ("应急管理局", "消防救援支队"), ("市场监管局|市场监督管理局", "农业农村局"), ("水务局", "林业局"),
    ("审计局", "统计局"), ("公证处", "仲裁委"), ("公安机关", "检察机关"), ("行政机关", "司法机关"), ("法律援助中心", "社区矫正中心"),
    ("律师事务所|律所", "会计师事务所"), ("司法所", "派出所"), ("人民调解委员会|调解组织", "仲裁委员会"), ("复议机关", "审判机关"), ("监委", "检察院"),
    ("自然资源局", "生态环境局"), ("市商务局", "市工信局"), ("省政府", "国务院"), ("区委", "区人大"), ("局党组", "局工会"), ("卫生院", "敬老院"),
]
TITLES = ["城乡供水条例", "政务公开工作规程", "学校食堂监督办法", "农村道路养护规定", "行政执法案卷评查标准", "村级财务公开细则"]
TITLE_WORDS = [
    ("办法", "条例"), ("条例", "办法"), ("规定", "细则"), ("管理", "处罚"), ("行政", "民事"),
    ("城市", "乡村"), ("（试行）", ""), ("物业", "燃气"), ("合同", "采购"), ("计划", "方案"),
]

WORDS: dict[str, list[Rule]] = {
    "negation dropped": NEGATION_DROPPED, "bound changed": BOUND_CHANGED, "bound dropped": BOUND_DROPPED, "direction changed": DIRECTION,
    "plan told as fact": PLAN_AS_FACT,
    "scope dropped": SCOPE, "order of events turned": ORDER, "degree changed": DEGREE, "quantifier changed": QUANTIFIER, "verb swapped": VERBS,
    "organ changed": ORGANS,
}

INVENTED = (
    "群众对此表示满意", "受到省级有关部门通报表扬", "走在全省前列", "比上年增加{n}件", "同比增长{p}%", "为历年最高", "超额完成年度任务",
    "其中{n}件涉及未成年人", "相关经验在全国推广", "下一步将进一步加大投入", "累计投入资金{n}万元",
    "有关责任人已被追究责任", "但仍有{n}件没有办结", "主要得益于信息化建设", "原因是人员编制不足", "挽回经济损失{n}万元", "覆盖率达到{p}%",
    "群众满意度达{p}%", "引起媒体广泛关注", "省领导作出批示", "被评为省级示范项目", "创历史新高",
    "并实现零投诉", "未发生一起安全事故", "计划明年再增加{n}个", "惠及群众{n}万人", "节约财政资金{n}万元", "位居全省第{d}位", "高于全国平均水平",
    "低于预期目标", "比全省平均水平高{p}个百分点", "由第三方机构完成评估", "并邀请专家全程参与",
    "经市政府常务会议审议通过", "引发部分群众不满", "因资金短缺一度停滞", "已提前{d}个月完成", "并与周边地区签订合作协议", "有力推动了经济高质量发展",
    "为全省提供了可复制的经验", "其中女性占{p}%", "平均每件用时{d}天", "较计划节省{p}%",
    "涉及{n}个村", "获得中央财政补助{n}万元", "接受了审计部门的专项检查", "个别单位因此被问责", "并建立了长效机制", "实现数据互联互通", "由副市长牵头负责",
    "同期周边地区下降{p}%", "是五年前的{d}倍", "并纳入年度考核", "信访量随之明显下降",
    "企业普遍反映良好", "被列为国家级试点", "并配套出台实施细则", "吸引社会资本{n}万元", "带动就业{n}人", "荣获全国先进集体称号", "项目已通过验收",
    "尚需上级部门批准", "由省财政全额承担", "并通过直播向社会公开", "其余部分将于年底前完成",
    "减轻了基层负担", "有效防范了廉政风险", "代表委员给予高度评价", "并首次引入人工智能技术", "仅用{d}个月就完成全部工作",
)
MODIFIERS = [
    "首次", "主动", "违规", "擅自", "超额", "提前", "免费", "强制", "秘密", "连夜", "率先", "独立", "重复", "突击",
    "无偿", "有偿", "单独", "跨省", "网上", "临时", "长期", "仓促", "勉强", "自愿", "被迫",
]
CAUSES = ("因此", "从而", "由此", "所以", "正因如此", "结果", "进而")


def figures(text: str) -> list[re.Match[str]]:
    """The figures that have a unit: 1 the figure, 2 its unit."""
    return list(FIGURE.finditer(text))


def first_verbs(text: str) -> Iterator[int]:
    """Where the first verb of a clause begins: a place where 未 or an adverb may stand."""
    for clause in re.finditer(r"[^，。；：、,;:]+", text):
        for verb in VERB.finditer(clause[0]):
            before, after = clause[0][: verb.start()], clause[0][verb.end():]
            if re.search(r"[不未没无非可被所的率等后前并再即“《拟将]\Z|由", before) or NO_VERB.match(after) or len(after) < 2 or len(before) > 16:
                break
            yield clause.start() + verb.start()
            break


def substituted(rules: list[Rule]) -> Callable[[str, Random], Iterator[Edits]]:
    """Each place where a rule of a table applies, one edit each."""
    def edits(text: str, _: Random) -> Iterator[Edits]:
        for pattern, template in rules:
            for found in re.finditer(pattern, text):
                yield ((found.start(), found.end(), found.expand(template)),)
    return edits


def negation_added(text: str, rng: Random) -> Iterator[Edits]:
    for at in first_verbs(text):
        was = re.search(r"(?:已经?|均已|全部|共)\Z", text[:at])
        if was and was[0].startswith(("已", "均已")):
            yield ((was.start(), at, "尚未"),)
        elif PLANNED.search(text):
            yield ((at, at, rng.choice(("不", "不再"))),)
        else:
            yield ((was.start() if was else at, at, rng.choice(NEGATIONS)),)


def modifier_added(text: str, rng: Random) -> Iterator[Edits]:
    for at in first_verbs(text):
        word = rng.choice([word for word in MODIFIERS if word not in text])
        yield ((at, at, word),)


def invented(text: str, rng: Random) -> Iterator[Edits]:
    """A clause hung on the end, or put between two others."""
    places = [len(text.rstrip("。；！")), *[m.start() for m in re.finditer("，", text)][:1]]
    for template in rng.sample(INVENTED, 2):
        clause = template.format(n=rng.choice((17, 36, 58, 129, 240, 615, 1830)), p=rng.choice((3.7, 8.4, 12.6, 71.5, 94.3, 99.1)), d=rng.randint(2, 9))
        at = rng.choice(places)
        if clause not in text:
            yield ((at, at, "，" + clause),)


def relation_invented(text: str, rng: Random) -> Iterator[Edits]:
    """Two things told side by side become cause and effect."""
    if re.search(r"因|为此|由于|所以|从而|使|带动|得益|靠", text):
        return
    for comma in re.finditer(r"[，；](?=[一-龥])(?!其中|并|但|而|占|同比|比|增长|下降|共|为|均|也|再|由|列|以)", text):
        before = re.split(r"[，；：]", text[: comma.start()])[-1]
        if len(before) >= 6 and VERB.search(before) and not re.search(r"[下后时日年中来况]$", before):
            yield ((comma.start(), comma.end(), "，" + rng.choice(CAUSES)),)


def figures_swapped(text: str, _: Random) -> Iterator[Edits]:
    found = figures(text)
    for i, one in enumerate(found):
        for other in found[i + 1:]:
            if one[2] == other[2] and one[1] != other[1] and not re.search(r"[、和至]\Z", text[one.end(): other.start()]):
                yield ((one.start(1), one.end(1), other[1]), (other.start(1), other.end(1), one[1]))


def unit_changed(text: str, _: Random) -> Iterator[Edits]:
    for figure in figures(text):
        if figure[2] in UNITS:
            yield ((figure.start(2), figure.end(2), UNITS[figure[2]]),)


def figure_changed(text: str, rng: Random) -> Iterator[Edits]:
    for figure in figures(text):
        said = figure[1]
        places = [i for i, c in enumerate(said) if c.isdigit()]
        at = rng.choice(places)
        digit = said[:at] + rng.choice([d for d in "123456789" if d != said[at]]) + said[at + 1:]
        ways = [digit, digit, said + "0" if "." not in said else said.replace(".", "")]
        if said.isdigit() and len(said) > 2:
            ways += [said[:-1] + "." + said[-1], said[1] + said[0] + said[2:] if said[1] not in ("0", said[0]) else digit]
        new = rng.choice(ways)
        yield ((figure.start(1), figure.end(1), new),)


def date_changed(text: str, rng: Random) -> Iterator[Edits]:
    for found in re.finditer(r"(?<!\d)((?:19|20)\d\d)年", text):
        yield ((found.start(1), found.end(1), str(int(found[1]) + rng.choice((-4, -3, -2, 2, 3)))),)
    for found in re.finditer(r"(?<!\d)(1[0-2]|[1-9])月(?!龄)", text):
        yield ((found.start(1), found.end(1), str(rng.choice([m for m in range(1, 13) if m != int(found[1])]))),)
    for found in re.finditer(r"(?<=月)([12]\d|3[01]|[1-9])日", text):
        yield ((found.start(1), found.end(1), str(rng.choice([d for d in range(1, 29) if d != int(found[1])]))),)
    for found in re.finditer(r"(?<!一)([一二三四])季度", text):
        yield ((found.start(1), found.end(1), rng.choice([q for q in "一二三四" if q != found[1]])),)


def place_changed(text: str, rng: Random) -> Iterator[Edits]:
    for found in re.finditer("|".join(PLACES), text):
        yield ((found.start(), found.end(), rng.choice([place for place in PLACES if place not in text])),)


def person_changed(text: str, rng: Random) -> Iterator[Edits]:
    for found in re.finditer("|".join(PEOPLE), text):
        for new in rng.sample([name for name in PEOPLE if name not in text], 3):
            yield ((found.start(), found.end(), new),)


def title_changed(text: str, rng: Random) -> Iterator[Edits]:
    for found in re.finditer(r"《([^》]{4,40})》", text):
        name = found[1]
        yield ((found.start(1), found.end(1), (name[:3] if name[2:3] in "市县区" else "") + rng.choice(TITLES)),)
        for pattern, new in TITLE_WORDS:
            for at in re.finditer(pattern, name):
                yield ((found.start(1) + at.start(), found.start(1) + at.end(), new),)


def bound_added(text: str, rng: Random) -> Iterator[Edits]:
    for figure in figures(text):
        if not BOUND.search(text[max(0, figure.start() - 2): figure.start()]) and not BOUND.match(text[figure.end(): figure.end() + 2]):
            yield ((figure.start(), figure.start(), rng.choice(BOUNDS)),)


def fact_as_plan(text: str, rng: Random) -> Iterator[Edits]:
    if not PLANNED.search(text):
        yield from substituted(FACT_AS_PLAN)(text, rng)


def part_as_whole(text: str, _: Random) -> Iterator[Edits]:
    """其中: the part's figure for the whole, the whole's for the part, the part for all."""
    for part in re.finditer(r"其中(?=[^，。；]{2,16}\d)", text):
        whole = [f for f in figures(text) if f.end() <= part.start()]
        inner = next((f for f in figures(text) if f.start() >= part.end()), None)
        if whole and inner and whole[-1][2] == inner[2] and whole[-1][1] != inner[1] and not text[part.end(): inner.start()].endswith("占"):
            yield ((whole[-1].start(1), whole[-1].end(1), inner[1]),)
            yield ((inner.start(1), inner.end(1), whole[-1][1]),)
            yield ((part.start(), inner.end(), "全部为" + text[part.end(): inner.start()]),)
    for share in re.finditer(r"占([^，。；\d]{1,12})的\d[\d.]*%", text):
        yield ((share.start(), share.end(), "占" + share[1] + "的全部"),)


EDITS: dict[str, Callable[[str, Random], Iterator[Edits]]] = {
    **{kind: substituted(rules) for kind, rules in WORDS.items()},
    "negation added": negation_added, "clause invented": invented, "modifier invented": modifier_added, "cause invented": relation_invented,
    "figures swapped": figures_swapped,
    "unit changed": unit_changed, "figure changed": figure_changed, "date changed": date_changed, "place changed": place_changed,
    "person changed": person_changed,
    "title changed": title_changed, "bound added": bound_added, "fact told as plan": fact_as_plan, "part told as whole": part_as_whole,
}
