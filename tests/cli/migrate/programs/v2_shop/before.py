# coding: utf-8
import os

from wechatpy.exceptions import InvalidSignatureException, WeChatPayException
from wechatpy.pay import WeChatPay

client = WeChatPay(
    os.environ['SHOP_APPID'],
    os.environ['SHOP_SECRET'],
    os.environ['SHOP_MCHID'],
    mch_cert=os.environ['SHOP_CERT'],
    mch_key=os.environ['SHOP_KEY'],
    timeout=10,
)
OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'


def order(number, fee, attach=None):
    result = client.order.create(
        trade_type='JSAPI', body='QQ公仔', total_fee=fee, notify_url='http://127.0.0.1:1/v2',
        client_ip='127.0.0.1', user_id=OPENID, out_trade_no=number, attach=attach,
    )
    params = client.jsapi.get_jsapi_params(result['prepay_id'])
    return sorted(params), params['signType'], result['trade_type']


def state(number):
    try:
        return client.order.query(out_trade_no=number)['trade_state']
    except WeChatPayException as e:
        return e.errcode, e.errmsg


def refund(number, refund_no, fee, total):
    refunded = client.refund.apply(total, fee, refund_no, out_trade_no=number)
    found = client.refund.query(out_refund_no=refund_no)
    return refunded['refund_fee'], found['refund_status_0']


def packet(number):
    sent = client.redpack.send(OPENID, 100, 'shop', 'act', 'wish', 'remark', client_ip='127.0.0.1', out_trade_no=number)
    return sent['mch_billno'] == number


def bill(day):
    try:
        return client.tools.download_bill('%s' % day.strftime('%Y%m%d')).splitlines()[0]
    except WeChatPayException as e:
        return e.errmsg


def day_bill():
    return client.tools.download_bill('20260101')


def receive(body):
    try:
        data = client.parse_payment_result(body)
    except InvalidSignatureException:
        return 'FAIL'
    return data['out_trade_no'], data['total_fee'] + 1
