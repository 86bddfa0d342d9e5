# -*- coding: utf-8 -*-
"""一个商城的支付模块：下单、查单、关单、退款、对账单和回调通知。"""
import json
import logging
import os
from random import sample
from string import ascii_letters, digits
import time

from wechatpayv3 import SignType, WeChatPay, WeChatPayType

# 商户证书私钥
with open(os.environ['SHOP_KEY']) as f:
    PRIVATE_KEY = f.read()
with open(os.environ['SHOP_PUBLIC_KEY']) as f:
    PUBLIC_KEY = f.read()

MCHID = os.environ['SHOP_MCHID']
APPID = os.environ['SHOP_APPID']
NOTIFY_URL = 'http://127.0.0.1:1/notify'
LOGGER = logging.getLogger('shop')

wxpay = WeChatPay(
    wechatpay_type=WeChatPayType.NATIVE,
    mchid=MCHID,
    private_key=PRIVATE_KEY,
    cert_serial_no=os.environ['SHOP_SERIAL'],
    apiv3_key=os.environ['SHOP_APIV3_KEY'],
    appid=APPID,
    notify_url=NOTIFY_URL,
    timeout=(10, 30),  # 建立连接最大超时时间是10s，读取响应的最大超时时间是30s
    public_key=PUBLIC_KEY,
    public_key_id=os.environ['SHOP_PUBLIC_KEY_ID']
)


def pay(out_trade_no, total, attach=None):
    # 以native下单为例，下单成功后，将prepay_id和其他必须的参数组合传递给前端的二维码
    code, message = wxpay.pay(
        description='demo-description',
        out_trade_no=out_trade_no,
        amount={'total': total},
        attach=attach,
    )  # 返回状态码和文本
    result = json.loads(message)
    if code in range(200, 300):
        return {'code': 0, 'code_url': result.get('code_url')}
    return {'code': -1, 'reason': result.get('code')}


def pay_jsapi(openid, out_trade_no):
    payer = {'openid': openid}
    code, message = wxpay.pay(
        description='demo-description', out_trade_no=out_trade_no, amount={'total': 100},
        pay_type=WeChatPayType.JSAPI, payer=payer
    )
    if code not in range(200, 300):
        return None
    prepay_id = json.loads(message).get('prepay_id')
    timestamp = str(int(time.time()))
    noncestr = ''.join(sample(ascii_letters + digits, 8))
    package = 'prepay_id=' + prepay_id
    sign = wxpay.sign(data=[APPID, timestamp, noncestr, package])
    return {
        'appId': APPID,
        'timeStamp': timestamp,
        'nonceStr': noncestr,
        'package': 'prepay_id=%s' % prepay_id,
        'signType': 'RSA',
        'paySign': sign
    }


def state(out_trade_no):
    status, text = wxpay.query(out_trade_no=out_trade_no)
    if status == 404:
        return 'NOT FOUND ' + json.loads(text)['code']
    return json.loads(text)['trade_state']


def find(transaction_id):
    return wxpay.query(transaction_id=transaction_id)


def close(out_trade_no):
    code, message = wxpay.close(out_trade_no)
    return code


def forget(out_trade_no):
    # 结果无所谓
    wxpay.close(out_trade_no)
    return 'forgotten'


class Refunds:
    """退款。"""

    def __init__(self, client):
        self.wxpay = client
        self.own = None

    def apply(self, number, out_refund_no, refund, total, reason=None):
        result = wxpay.refund(
            out_refund_no=out_refund_no,
            amount={'refund': refund, 'total': total, 'currency': 'CNY'},
            out_trade_no=number,
            reason=reason or '商品已售完',
            notify_url=''
        )
        if result[0] >= 300:
            raise RuntimeError(json.loads(result[1])['code'])
        return json.loads(result[1])['status']

    def state(self, out_refund_no):
        try:
            code, message = wxpay.query_refund(out_refund_no)
            return code, json.loads(message).get('status')
        finally:
            LOGGER.info('asked')


def bill(day, kind='ALL'):
    code, message = wxpay.trade_bill(bill_date=day, bill_type=kind, tar_type='GZIP')
    if code != 200:
        return code, b''
    code, content = wxpay.download_bill(json.loads(message)['download_url'])
    return code, content


def receive(headers, body):
    result = wxpay.callback(headers, body)
    if result and result.get('event_type') == 'TRANSACTION.SUCCESS':
        resource = result.get('resource')
        return resource.get('out_trade_no'), resource['amount']['total']
    return 'failed'


def transfer(openid, number, name, amount):
    code, message = wxpay.mch_transfer_bills(number, '1000', openid, amount, '活动', user_name=name,
                                             transfer_scene_report_infos=[
                                                 {'info_type': '活动名称', 'info_content': '抽奖'},
                                                 {'info_type': '奖励说明', 'info_content': '一等奖'}])
    return code, sorted(json.loads(message))
